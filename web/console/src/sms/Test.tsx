import { useState, useSyncExternalStore } from "react";
import { Button, Modal, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useApi } from "../app/context";
import { fieldProblem } from "../app/problems";
import { stepUp } from "../app/signals";
import { t } from "../i18n";
import { SendIcon } from "../ui/icons";
import { ProblemNote } from "../ui/Note";
import { Buttons } from "../ui/small";
import { say } from "../ui/toasts";

/** Sends a test to a number that is typed here and kept nowhere. */
export function Test() {
  const api = useApi();
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const [number, setNumber] = useState("");
  // One dialog at a time: this one steps back while the second factor is asked for.
  const proving = useSyncExternalStore(stepUp.on, stepUp.open);
  const test = useMutation({
    mutationFn: () => api.textMessages.test(number.trim()),
    onSuccess: () => (say(t("sms.test-queued")), close()),
    onSettled: () => queries.invalidateQueries({ queryKey: ["text-messages"] }),
  });
  const close = () => {
    setOpen(false);
    setNumber("");
    test.reset();
  };
  const wrong = fieldProblem(test.error, "number");
  return (
    <>
      <Button variant="default" leftSection={<SendIcon size={16} />} onClick={() => setOpen(true)}>
        {t("sms.test")}
      </Button>
      <Modal opened={open && !proving} onClose={close} title={t("sms.test")} size="sm">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            test.mutate();
          }}
        >
          <TextInput type="tel" label={t("sms.number")} description={t("sms.number-hint")} placeholder="+49 151 23456789" autoComplete="tel" required data-autofocus value={number} error={wrong} onChange={(event) => setNumber(event.target.value)} />
          {!wrong && <ProblemNote error={test.error} />}
          <Buttons>
            <Button variant="default" onClick={close}>
              {t("cancel")}
            </Button>
            <Button type="submit" loading={test.isPending}>
              {t("sms.send")}
            </Button>
          </Buttons>
        </form>
      </Modal>
    </>
  );
}
