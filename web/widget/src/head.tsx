import type { WidgetMessenger } from "@wardesk/crypto/messenger";
import { BackIcon, CloseIcon, LockIcon } from "./icons";
import { texts } from "./texts";

interface HeadProps {
  status: ReturnType<WidgetMessenger["status"]>;
  onBack: (() => void) | null;
  onProtection(): void;
  protectionShown: boolean;
  onClose(): void;
}

export function Head({ status, onBack, onProtection, protectionShown, onClose }: HeadProps) {
  return (
    <header class="head">
      <div class="head-row">
        {onBack && (
          <button type="button" class="icon" aria-label={texts.back} onClick={onBack}>
            <BackIcon />
          </button>
        )}
        <div class="head-names">
          <h1>{status.organisation || "\u00a0"}</h1>
          {status.replyTime && <p>{texts.usuallyReplies(status.replyTime)}</p>}
        </div>
        <button type="button" class="icon" aria-label={texts.closeChat} onClick={onClose}>
          <CloseIcon />
        </button>
      </div>
      {status.organisation !== "" && (
        <button type="button" class="lock" aria-expanded={protectionShown} onClick={onProtection}>
          <LockIcon />
          <span>{texts.onlyYou(status.organisation)}</span>
        </button>
      )}
    </header>
  );
}
