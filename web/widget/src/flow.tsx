/** The lines of a conversation: day marks, bubbles, events. */
import type { ConversationView, CustomerProof, Line, Person } from "@wardesk/crypto/messenger";
import { pieces } from "./links";
import { listed, texts } from "./texts";
import { dayName, exactTime, sameDay, timeOf } from "./times";

interface FlowProps {
  view: ConversationView;
  company: string;
  /** Proofs that this customer gave. */
  given: CustomerProof["given"];
  onRetry(line: string): void;
  onDiscard(line: string): void;
}

type Given = { kind: "given"; id: string } & { at: string; channel: CustomerProof["given"][number]["channel"] };

const TOGETHER_MS = 5 * 60_000;

export function Flow({ view, company, given, onRetry, onDiscard }: FlowProps) {
  const lines = withProofs(view.lines.filter((line) => !saidTwice(line, view.device)), given);
  // The newest state only: a tick under every bubble says the same twenty times.
  const lastMine = lines.findLast((line) => line.kind === "text" && line.mine);
  return (
    <ol class="lines">
      {lines.map((line, i) => {
        const before = lines[i - 1];
        const newDay = !before || !sameDay(before.at, line.at);
        return (
          <li key={line.id}>
            {newDay && <p class="day">{dayName(line.at)}</p>}
            {line.kind === "text" ? (
              <Bubble line={line} continues={!newDay && continues(before, line)} showState={line === lastMine || line.state === "failed" || line.state === "waiting"} company={company} onRetry={onRetry} onDiscard={onDiscard} />
            ) : line.kind === "event" ? (
              <EventLine line={line} self={view.device} />
            ) : line.kind === "given" ? (
              <p class="event" title={exactTime(line.at)}>
                {texts.proof.given(line.channel)}
              </p>
            ) : line.kind === "earlier" ? (
              <p class="event amber">{line.elsewhere ? texts.event.earlierElsewhere : texts.event.earlierGone}</p>
            ) : line.kind === "refused" ? (
              <p class="event amber">
                {texts.refused.title}. {texts.refused[line.reason]}
              </p>
            ) : null}
          </li>
        );
      })}
    </ol>
  );
}

/** Proofs stand where they were given: the log of the conversation does not hold them. */
function withProofs(lines: Line[], given: CustomerProof["given"]): (Line | Given)[] {
  const all: (Line | Given)[] = [...lines];
  for (const { channel, provedAt } of given) {
    const before = all.findLastIndex((line) => Date.parse(line.at) <= Date.parse(provedAt));
    all.splice(before + 1, 0, { kind: "given", id: `given-${provedAt}`, at: provedAt, channel });
  }
  return all;
}

type TextLine = Extract<Line, { kind: "text" }>;

function Bubble({ line, continues, showState, company, onRetry, onDiscard }: { line: TextLine; continues: boolean; showState: boolean; company: string; onRetry(id: string): void; onDiscard(id: string): void }) {
  const author = line.mine ? texts.you : nameOf(line.from, company);
  return (
    <div class={`message ${line.mine ? "mine" : "theirs"}`}>
      {!continues && (
        <p class="author">
          <span class={line.mine ? "hidden" : ""}>{author}</span>
          {!line.from.verified && <span class="unverified"> · {texts.protection.unverified}</span>}
          <time dateTime={line.at} title={exactTime(line.at)}>
            {timeOf(line.at)}
          </time>
        </p>
      )}
      <p class={`bubble ${line.state === "failed" ? "failed" : ""}`} dir="auto">
        {pieces(line.body).map((piece) =>
          piece.href === null ? (
            piece.text
          ) : (
            <a href={piece.href} target="_blank" rel="noopener noreferrer nofollow">
              {piece.text}
            </a>
          ),
        )}
      </p>
      {line.mine && showState && (
        <p class={`state ${line.state === "failed" ? "red" : ""}`}>
          {texts.state[line.state]}
          {line.state === "failed" && (
            <>
              {line.problem && <>. {texts.problem[line.problem] ?? texts.problem["other"]}</>}{" "}
              <button type="button" class="plain" onClick={() => onRetry(line.id)}>
                {texts.retry}
              </button>
              <button type="button" class="plain" onClick={() => onDiscard(line.id)}>
                {texts.discard}
              </button>
            </>
          )}
        </p>
      )}
    </div>
  );
}

type EventOf = Extract<Line, { kind: "event" }>;

const isOwn = (line: EventOf) => line.people.length > 0 && line.people.every((person) => person.kind === "customer");

/** One's own further device is told once, as having come. */
function saidTwice(line: Line, self: string): boolean {
  return line.kind === "event" && line.event === "key-changed" && isOwn(line) && self !== "";
}

function EventLine({ line, self }: { line: EventOf; self: string }) {
  const staff = line.people.filter((person) => person.kind === "staff");
  const names = listed((staff.length > 0 ? staff : line.people).map((person) => person.name ?? (person.kind === "staff" ? texts.anonymousStaff : texts.you)));
  const said = {
    opened: texts.event.opened,
    joined: !isOwn(line) ? texts.event.joined(names) : line.people.some((person) => person.device === self) ? texts.event.hereNow : texts.event.alsoThere,
    left: isOwn(line) ? texts.event.otherLeft : texts.event.left(names),
    closed: texts.event.closed,
    reopened: texts.event.reopened,
    removal: isOwn(line) ? texts.event.otherLeaves : texts.event.removal(names),
    "key-changed": texts.event.keyChanged(names),
  }[line.event];
  return (
    <p class={`event ${line.event === "key-changed" ? "amber" : ""}`} title={exactTime(line.at)}>
      {said}
    </p>
  );
}

function continues(before: Line | Given | undefined, line: TextLine): boolean {
  return before?.kind === "text" && before.from.subject === line.from.subject && Date.parse(line.at) - Date.parse(before.at) < TOGETHER_MS;
}

function nameOf(person: Person, company: string): string {
  return person.name ?? (person.kind === "staff" ? texts.team(company) : texts.you);
}
