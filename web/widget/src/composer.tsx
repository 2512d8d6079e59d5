import { useEffect, useRef, useState } from "preact/hooks";
import { type Warning, warningFor } from "./careful";
import { SendIcon } from "./icons";
import { texts } from "./texts";

const LIMIT = 65_536;

interface ComposerProps {
  /** False: the text stays. */
  onSend(text: string): Promise<boolean>;
  onTyping(): void;
  /** The customer was sent a code that nobody may read here. */
  codeExpected?: boolean;
}

const WARNINGS = { card: texts.cardWarning, password: texts.passwordWarning, code: texts.proof.inChat };

export function Composer({ onSend, onTyping, codeExpected = false }: ComposerProps) {
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  /** Shown as soon as it is typed; sending then needs a second, deliberate click. */
  const [confirmed, setConfirmed] = useState<string | null>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const warning: Warning | null = warningFor(text, codeExpected);
  const over = text.length * 3 > LIMIT ? new TextEncoder().encode(text).length - LIMIT : 0;
  const empty = text.trim() === "";

  useEffect(() => field.current?.focus(), []);
  useEffect(() => {
    const area = field.current;
    if (!area) return;
    // Rows, not pixels: the page's policy forbids style attributes, and the sheet's own styles cap the height.
    area.rows = Math.min(6, Math.max(1, text.split("\n").length, Math.ceil(text.length / 38)));
  }, [text]);

  const send = async () => {
    if (empty || over > 0 || busy) return;
    if (warning !== null && confirmed !== text) {
      setConfirmed(text);
      return;
    }
    setBusy(true);
    const sent = await onSend(text.trim()).catch(() => false);
    setBusy(false);
    if (sent) {
      setText("");
      setConfirmed(null);
    }
    field.current?.focus();
  };

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      {(warning !== null || over > 0) && (
        <p class="notice amber" role="alert" id="composer-warning">
          {over > 0 ? texts.tooLong(over) : warning && WARNINGS[warning]}
          {over <= 0 && confirmed === text && (
            <button type="submit" class="plain">
              {texts.sendAnyway}
            </button>
          )}
        </p>
      )}
      <div class="composer-row">
        <textarea
          ref={field}
          rows={1}
          value={text}
          aria-label={texts.composerLabel}
          aria-describedby={warning !== null || over > 0 ? "composer-warning" : undefined}
          placeholder={texts.composerHint}
          onInput={(event) => {
            setText(event.currentTarget.value);
            if (event.currentTarget.value !== "") onTyping();
          }}
          onKeyDown={(event) => {
            if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
              event.preventDefault();
              // A held key must not confirm its own warning.
              if (!event.repeat) void send();
            }
          }}
        />
        <button type="submit" class="send" aria-label={texts.send} disabled={empty || over > 0 || busy}>
          <SendIcon />
        </button>
      </div>
    </form>
  );
}
