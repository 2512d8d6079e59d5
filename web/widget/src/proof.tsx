/** Somebody of the team asks the customer to show who they are: by a code that goes to the address on file and is typed here, or by a passkey. */
import { useEffect, useRef, useState } from "preact/hooks";
import { type CustomerProof, MessengerError, type Person, type WidgetMessenger } from "@wardesk/crypto/messenger";
import { useSnapshot } from "./hooks";
import { PasskeyAnswer } from "./passkey-answer";
import { siteAround } from "./site";
import { texts } from "./texts";
import { timeOf } from "./times";

type Asked = NonNullable<CustomerProof["request"]>;
type CodeAsked = Asked & { channel: Exclude<Asked["channel"], "passkey"> };

interface ProofProps {
  messenger: WidgetMessenger;
  conversation: string;
  members: Person[];
}

const DIGITS = 6;

export function Proof({ messenger, conversation, members }: ProofProps) {
  const proof = useSnapshot(messenger, () => messenger.proof(conversation));
  const request = proof?.request ?? null;
  const [over, setOver] = useState<keyof typeof texts.proof.over | null>(null);
  const proved = proof?.proof?.provedAt ?? null;
  const had = useRef({ request: request !== null, proved });
  useEffect(() => {
    const before = had.current;
    had.current = { request: request !== null, proved };
    if (request !== null) setOver(null);
    // Who knows more already, says it.
    else if (before.request) setOver((known) => known ?? (proved !== null && proved !== before.proved ? "proved" : "ended"));
  }, [request === null, proved]);
  // The field that had the focus is gone with the request: who uses the keyboard goes on here.
  const closing = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (over && document.activeElement === document.body) closing.current?.focus();
  }, [over]);
  const close = () => {
    setOver(null);
    document.querySelector("textarea")?.focus();
  };
  useEffect(() => {
    if (!request) return;
    const timer = setTimeout(() => void messenger.refreshProof(conversation).catch(() => undefined), Math.max(1_000, Date.parse(request.endsAt) - Date.now() + 1_000));
    return () => clearTimeout(timer);
  }, [messenger, conversation, request?.endsAt]);

  const name = members.find((person) => person.subject === request?.askedBy)?.name ?? texts.anonymousStaff;
  return (
    <div class={request || over ? `proof ${over && over !== "proved" ? "amber" : ""}` : ""} {...(request ? { role: "group", "aria-labelledby": "proof-title" } : {})}>
      <div role="status">
        {proof && request ? <h2 id="proof-title">{texts.proof.asks(name, proof.organisation)}</h2> : over && <p>{texts.proof.over[over]}</p>}
      </div>
      {proof && request?.here && (
        isByCode(request) ? (
          <Answer key={request.endsAt} messenger={messenger} conversation={conversation} request={request} organisation={proof.organisation} onFailed={() => setOver("failed")} />
        ) : (
          <PasskeyAnswer key={request.endsAt} messenger={messenger} conversation={conversation} organisation={proof.organisation} onFailed={() => setOver("failed")} />
        )
      )}
      {request && !request.here && <p>{texts.proof.elsewhere}</p>}
      {!request && over && (
        <button ref={closing} type="button" class="plain" onClick={close}>
          {texts.proof.close}
        </button>
      )}
    </div>
  );
}

function isByCode(request: Asked): request is CodeAsked {
  return request.channel !== "passkey";
}

interface AnswerProps {
  messenger: WidgetMessenger;
  conversation: string;
  request: CodeAsked;
  organisation: string;
  onFailed(): void;
}

function Answer({ messenger, conversation, request, organisation, onFailed }: AnswerProps) {
  const [code, setCode] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [sent, setSent] = useState(0);
  const field = useRef<HTMLInputElement>(null);
  const tooOld = useTooOld(request.codeEndsAt);
  const works = request.codeEndsAt !== null && !tooOld;
  // Who had a code sent types it next.
  useEffect(() => void (sent > 0 && field.current?.focus()), [sent]);

  const act = async (work: () => Promise<void>, done: () => void) => {
    setBusy(true);
    setProblem(null);
    try {
      await work();
      done();
    } catch (error) {
      if (!(error instanceof MessengerError)) throw error;
      // How it stands was asked again meanwhile.
      const still = messenger.proof(conversation)?.request ?? null;
      if (error.code === "invalid-fields" && still) setProblem(texts.proof.wrong(still.triesLeft));
      else if (error.code === "conflict" && still === null && request.triesLeft === 1) onFailed();
      else setProblem(texts.proof.problem[error.code] ?? texts.proof.problem["other"]!);
      setCode("");
      field.current?.focus();
    } finally {
      setBusy(false);
    }
  };
  const send = () => act(() => messenger.sendProofCode(conversation, siteAround()), () => setSent((n) => n + 1));
  const address = request.address ?? "";
  const digits = code.replace(/\D/g, "");

  if (request.triesLeft <= 0) return <p role="alert">{texts.proof.stopped}</p>;
  return (
    <>
      <p>{works ? texts.proof.sent(address, request.channel, timeOf(request.codeEndsAt!)) : tooOld ? texts.proof.tooOld : texts.proof.why(address, request.channel)}</p>
      {works && (
        <form
          class="proof-form"
          onSubmit={(event) => {
            event.preventDefault();
            if (digits.length === DIGITS && !busy) void act(() => messenger.answerProof(conversation, digits), () => undefined);
            else if (!busy) setProblem(texts.proof.sixDigits);
          }}
        >
          <label for="proof-code">{texts.proof.code}</label>
          <input
            id="proof-code"
            ref={field}
            type="text"
            inputMode="numeric"
            autocomplete="one-time-code"
            maxLength={12}
            value={code}
            aria-invalid={problem !== null}
            aria-describedby="proof-problem proof-never"
            onInput={(event) => setCode(event.currentTarget.value)}
          />
          <button type="submit" class="primary" disabled={busy}>
            {texts.proof.confirm}
          </button>
        </form>
      )}
      <p id="proof-problem" role="alert">
        {problem}
      </p>
      <p id="proof-never" class="proof-never">
        {texts.proof.never(organisation)}
      </p>
      {request.codesLeft > 0 ? (
        <button type="button" class={works ? "plain" : "primary"} disabled={busy} onClick={() => void send()}>
          {request.codeEndsAt === null ? texts.proof.send : texts.proof.sendAgain(request.codesLeft)}
        </button>
      ) : (
        <p>{texts.proof.noMoreCodes}</p>
      )}
    </>
  );
}

/** Whether the time of a code is over; turns when it ends. */
function useTooOld(endsAt: string | null): boolean {
  const [, redraw] = useState(0);
  const left = endsAt === null ? 0 : Date.parse(endsAt) - Date.now();
  useEffect(() => {
    if (left <= 0) return;
    const timer = setTimeout(() => redraw((n) => n + 1), left + 50);
    return () => clearTimeout(timer);
  }, [endsAt]);
  return endsAt !== null && left <= 0;
}
