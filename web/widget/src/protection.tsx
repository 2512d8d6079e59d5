import { useEffect, useRef } from "preact/hooks";
import type { WidgetMessenger } from "@wardesk/crypto/messenger";
import { Devices } from "./devices";
import { useConversation, useSnapshot } from "./hooks";
import { Passkeys } from "./passkeys";
import { texts } from "./texts";

interface ProtectionProps {
  messenger: WidgetMessenger;
  conversation: string | null;
  onClose(): void;
}

/** In plain words: what protects the conversation, and the two things a careful person can compare. */
export function Protection({ messenger, conversation, onClose }: ProtectionProps) {
  const status = useSnapshot(messenger, () => messenger.status());
  const { protection } = texts;
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus(), []);
  return (
    <section class="protection" aria-labelledby="protection-title">
      <h2 id="protection-title" tabIndex={-1} ref={title}>
        {protection.title}
      </h2>
      <p>{protection.body(status.organisation)}</p>
      <p>{protection.never}</p>
      <h3>{protection.number}</h3>
      {conversation === null ? <p class="muted">{protection.numberLater}</p> : <Number messenger={messenger} conversation={conversation} />}
      {status.fingerprint && (
        <>
          <h3>{protection.fingerprint(status.organisation)}</h3>
          <Digits text={status.fingerprint} columns="fives" />
          <p class="muted">{protection.fingerprintBody(status.organisation)}</p>
        </>
      )}
      <Devices messenger={messenger} />
      <Passkeys messenger={messenger} />
      {status.storage === "best-effort" && <p class="muted">{protection.bestEffort}</p>}
      <button type="button" class="primary" onClick={onClose}>
        {protection.close}
      </button>
    </section>
  );
}

/** Groups in columns, so that two people reading aloud find the same place. */
function Digits({ text, columns }: { text: string; columns: "fours" | "fives" }) {
  return (
    <p class={`digits ${columns}`}>
      {text.split(" ").map((group, i) => (
        <span key={i}>{group} </span>
      ))}
    </p>
  );
}

function Number({ messenger, conversation }: { messenger: WidgetMessenger; conversation: string }) {
  const view = useConversation(messenger, conversation);
  const { protection } = texts;
  const people = view.members.filter((person) => person.kind === "staff").filter((person, i, all) => all.findIndex((other) => other.subject === person.subject) === i);
  return (
    <>
      {view.number ? <Digits text={view.number} columns="fours" /> : <p class="muted">{protection.numberLater}</p>}
      {view.number && <p class="muted">{protection.numberBody}</p>}
      {people.length > 0 && (
        <>
          <h3>{protection.people}</h3>
          <ul class="people">
            {people.map((person) => (
              <li key={person.subject}>
                {person.name ?? texts.anonymousStaff}
                {!person.verified && <span class="unverified"> · {protection.unverified}</span>}
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}
