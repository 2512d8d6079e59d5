import { useState } from "preact/hooks";
import { MessengerError, type WidgetMessenger } from "@wardesk/crypto/messenger";
import { Composer } from "./composer";
import { texts } from "./texts";

export function NewConversation({ messenger, onOpened }: { messenger: WidgetMessenger; onOpened(id: string): void }) {
  const [problem, setProblem] = useState<string | null>(null);
  const open = async (text: string) => {
    setProblem(null);
    try {
      onOpened(await messenger.open(text));
      return true;
    } catch (error) {
      const code = error instanceof MessengerError ? error.code : "internal";
      setProblem(code === "no-team-key" ? texts.noTeamKey : code === "rate-limited" ? texts.problem[code]! : texts.openFailed);
      return false;
    }
  };
  return (
    <>
      <section class="greeting">
        <h2>{texts.greeting}</h2>
        <p>{texts.greetingBody}</p>
      </section>
      {problem && (
        <p class="notice amber" role="alert">
          {problem}
        </p>
      )}
      <Composer onSend={open} onTyping={() => undefined} />
    </>
  );
}
