/** The agent's question is answered with a passkey of the customer's own. */
import { useState } from "preact/hooks";
import { MessengerError, type WidgetMessenger } from "@wardesk/crypto/messenger";
import { PasskeyProblem, askPasskey } from "@wardesk/crypto/passkey";
import { texts } from "./texts";

interface PasskeyAnswerProps {
  messenger: WidgetMessenger;
  conversation: string;
  organisation: string;
  onFailed(): void;
}

export function PasskeyAnswer({ messenger, conversation, organisation, onFailed }: PasskeyAnswerProps) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const waiting = () => messenger.proof(conversation)?.request ?? null;

  const show = async () => {
    setBusy(true);
    setProblem(null);
    let before = { tries: waiting()?.triesLeft, stopped: 0 };
    let asked = false;
    try {
      if (!messenger.passkeys()) await messenger.refreshPasskeys().catch(() => undefined);
      before = { ...before, stopped: stoppedOf(messenger) };
      const { ceremony, options } = await messenger.beginPasskeyProof(conversation);
      const answer = await askPasskey(options);
      asked = true;
      await messenger.answerPasskeyProof(conversation, ceremony, answer);
    } catch (error) {
      if (error instanceof PasskeyProblem) return setProblem(texts.proof.passkeyProblem[error.code] ?? texts.proof.problem["other"]!);
      if (!(error instanceof MessengerError)) throw error;
      // How it stands was asked again meanwhile.
      const still = waiting();
      if (error.code === "invalid-fields" && still) setProblem(texts.proof.passkeyWrong(still.triesLeft));
      else if (error.code === "conflict" && still === null && before.tries === 1) onFailed();
      else if (error.code === "conflict" && still) {
        await messenger.refreshPasskeys().catch(() => undefined);
        setProblem(asked && stoppedOf(messenger) > before.stopped ? texts.proof.passkeyCopied : texts.proof.passkeyGone);
      } else setProblem(texts.proof.problem[error.code] ?? texts.proof.problem["other"]!);
    } finally {
      setBusy(false);
    }
  };

  return (
    <>
      <p>{texts.proof.byPasskey}</p>
      <button type="button" class="primary" disabled={busy} aria-describedby="proof-problem proof-never" onClick={() => void show()}>
        {texts.proof.usePasskey}
      </button>
      <p id="proof-problem" role="alert">
        {problem}
      </p>
      <p id="proof-never" class="proof-never">
        {texts.proof.onlyResult(organisation)}
      </p>
    </>
  );
}

function stoppedOf(messenger: WidgetMessenger): number {
  return messenger.passkeys()?.passkeys.filter((passkey) => passkey.stopped).length ?? 0;
}
