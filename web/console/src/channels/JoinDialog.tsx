import { useState } from "react";
import { Button, Modal, Textarea } from "@mantine/core";
import { t } from "../i18n";
import { Buttons } from "../ui/small";

/** Who enters somebody else's conversation says why; everybody in it sees that. */
export function JoinDialog({ open, onClose, onJoin, busy }: { open: boolean; onClose: () => void; onJoin: (reason: string) => void; busy: boolean }) {
  const [reason, setReason] = useState("");
  return (
    <Modal opened={open} onClose={onClose} title={t("join.title")} size="sm">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onJoin(reason.trim());
        }}
      >
        <Textarea label={t("join.reason")} description={t("join.reason-hint")} required minRows={2} autosize maxLength={200} data-autofocus value={reason} onChange={(event) => setReason(event.target.value)} />
        <Buttons>
          <Button variant="default" onClick={onClose}>
            {t("cancel")}
          </Button>
          <Button type="submit" loading={busy} disabled={!reason.trim()}>
            {t("act.join")}
          </Button>
        </Buttons>
      </form>
    </Modal>
  );
}
