/** The customer's passkeys: which there are, from when they count, and the ways to add one and to remove one. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { MessengerError, type OwnPasskey, type WidgetMessenger } from "@wardesk/crypto/messenger";
import { PasskeyProblem, makePasskey, passkeysWork } from "@wardesk/crypto/passkey";
import { deviceName } from "./device-name";
import { useSnapshot } from "./hooks";
import { texts } from "./texts";
import { dayName, momentName } from "./times";

const MOST = 10;

export function Passkeys({ messenger }: { messenger: WidgetMessenger }) {
  const known = useSnapshot(messenger, () => messenger.passkeys());
  const [asked, ask] = useState<string | null>(null);
  const [adding, setAdding] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [done, setDone] = useState<string | null>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => void messenger.refreshPasskeys().catch(() => undefined), [messenger]);
  // What had the focus is gone with the form or the line: who uses the keyboard goes on here.
  useEffect(() => {
    if (done && document.activeElement === document.body) (opener.current ?? title.current)?.focus();
  }, [done]);
  if (!known) return null;
  const { passkeys, mayAdd } = known;

  const act = async (work: () => Promise<string>) => {
    setBusy(true);
    setProblem(null);
    setDone(null);
    try {
      const said = await work();
      ask(null);
      setAdding(false);
      setDone(said);
    } catch (error) {
      if (!(error instanceof MessengerError || error instanceof PasskeyProblem)) throw error;
      setProblem(texts.passkeys.problem[error.code] ?? texts.passkeys.problem["other"]!);
    } finally {
      setBusy(false);
    }
  };
  const remove = (id: string) =>
    act(async () => {
      await messenger.removePasskey(id);
      return texts.passkeys.removed;
    });
  const add = (name: string) =>
    act(async () => {
      const { ceremony, options } = await messenger.beginPasskey();
      await messenger.addPasskey(ceremony, name, await makePasskey(options));
      return texts.passkeys.added(momentName(messenger.passkeys()?.passkeys.at(-1)?.countsFrom ?? new Date().toISOString()));
    });

  return (
    <>
      <h3 id="passkeys-title" tabIndex={-1} ref={title}>
        {texts.passkeys.title}
      </h3>
      {passkeys.length === 0 && <p class="muted">{texts.passkeys.none}</p>}
      {passkeys.length > 0 && (
        <ul class="devices" aria-labelledby="passkeys-title">
          {passkeys.map((passkey) => (
            <li key={passkey.id}>
              <span class="device-text">
                <span>{passkey.name}</span>
                <span class="muted">{about(passkey)}</span>
              </span>
              {mayAdd &&
                (asked === passkey.id ? (
                  <span class="device-asked">
                    <button type="button" class="plain red" disabled={busy} onClick={() => void remove(passkey.id)}>
                      {texts.passkeys.reallyRemove}
                    </button>
                    <button type="button" class="plain" disabled={busy} onClick={() => ask(null)}>
                      {texts.passkeys.keep}
                    </button>
                  </span>
                ) : (
                  <button type="button" class="plain" aria-label={texts.passkeys.removeThis(passkey.name)} onClick={() => ask(passkey.id)}>
                    {texts.passkeys.remove}
                  </button>
                ))}
            </li>
          ))}
        </ul>
      )}
      {!mayAdd ? (
        <p>{passkeys.length === 0 ? texts.passkeys.mayNotAdd : texts.passkeys.mayNotChange}</p>
      ) : !passkeysWork() ? (
        <p>{texts.passkeys.noPasskeys}</p>
      ) : passkeys.length >= MOST ? (
        <p>{texts.passkeys.full}</p>
      ) : adding ? (
        <NewPasskey busy={busy} onAdd={(name) => void add(name)} onClose={() => setAdding(false)} />
      ) : (
        <button
          type="button"
          class="plain adds"
          ref={opener}
          onClick={() => {
            setAdding(true);
            setDone(null);
          }}
        >
          {texts.passkeys.add}
        </button>
      )}
      {problem && (
        <p class="notice amber" role="alert">
          {problem}
        </p>
      )}
      <p role="status">{done}</p>
    </>
  );
}

function NewPasskey({ busy, onAdd, onClose }: { busy: boolean; onAdd(name: string): void; onClose(): void }) {
  const [name, setName] = useState(() => deviceName(navigator.userAgent) ?? texts.passkeys.anyName);
  const field = useRef<HTMLInputElement>(null);
  // Before it is seen, or the first letter of who types at once is selected and lost.
  useLayoutEffect(() => field.current?.select(), []);
  return (
    <form
      class="new-passkey"
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim() !== "" && !busy) onAdd(name.trim());
      }}
    >
      <label for="passkey-name">{texts.passkeys.name}</label>
      <input id="passkey-name" ref={field} type="text" required maxLength={60} value={name} aria-describedby="passkey-name-hint" onInput={(event) => setName(event.currentTarget.value)} />
      <p id="passkey-name-hint" class="muted">
        {texts.passkeys.nameHint}
      </p>
      <div class="new-passkey-acts">
        <button type="submit" class="primary" disabled={busy}>
          {texts.passkeys.make}
        </button>
        <button type="button" class="plain" disabled={busy} onClick={onClose}>
          {texts.passkeys.notNow}
        </button>
      </div>
    </form>
  );
}

function about({ addedAt, countsFrom, usedAt, stopped }: OwnPasskey): string {
  if (stopped) return texts.passkeys.stopped;
  if (Date.parse(countsFrom) > Date.now()) return texts.passkeys.held(momentName(countsFrom));
  return `${texts.passkeys.since(dayName(addedAt))} · ${usedAt ? texts.passkeys.used(dayName(usedAt)) : texts.passkeys.unused}`;
}
