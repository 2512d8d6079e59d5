import { useEffect, useState, type ReactNode } from "react";
import { Button, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useMay } from "../app/context";
import { withStepUp } from "../app/signals";
import { t } from "../i18n";
import { useMessenger, useMessengerFailure, useStaffStatus } from "../messenger/MessengerProvider";
import { KeyIcon } from "../ui/icons";
import { Note, ProblemNote } from "../ui/Note";
import { sayProblem } from "../ui/toasts";
import { browserName } from "./browser";
import styles from "./DeviceGate.module.css";

const NEEDS_DEVICE = ["absent", "lost", "revoked"];

/** Says what the state of this browser's keys means, above every page. */
export function DeviceBanner() {
  const status = useStaffStatus();
  const messenger = useMessenger();
  const failure = useMessengerFailure();
  const desk = useMay()("conversation.read", "conversation.take");
  const unlock = useMutation({ mutationFn: () => withStepUp(() => messenger!.unlock()) });
  const renew = useMutation({ mutationFn: () => withStepUp(() => messenger!.renew()), onError: sayProblem });
  const locked = status?.state === "locked";
  const { mutate } = unlock;
  useEffect(() => {
    if (locked && messenger) mutate();
  }, [locked, messenger, mutate]);

  if (!desk) return null;
  if (failure) return <Banner tone="red" title={t("device.failed.title")} text={t("device.failed.text")} action={<Button size="xs" variant="default" onClick={() => location.reload()}>{t("reload")}</Button>} />;
  if (!status) return null;
  if (locked && unlock.error) return <Banner tone="amber" title={t("device.locked.title")} text={t("device.locked.text")} action={<Button size="xs" variant="default" onClick={() => mutate()}>{t("try-again")}</Button>} />;
  if (status.renewal !== "none")
    return (
      <Banner
        tone="amber"
        title={t("device.renewal.title")}
        text={t(`device.renewal.${status.renewal}`)}
        action={<Button size="xs" variant="default" loading={renew.isPending} onClick={() => renew.mutate()}>{t("device.renewal.confirm")}</Button>}
      />
    );
  if (status.state === "waiting-for-key") return <Banner tone="amber" title={t("device.waiting.title")} text={t("device.waiting.text")} />;
  if (status.state === "other-tab") return <Banner title={t("device.other-tab.title")} text={t("device.other-tab.text")} />;
  if (status.connection === "offline" && status.state !== "absent") return <Banner tone="amber" title={t("connection.offline.title")} text={t("connection.offline.text")} />;
  return null;
}

function Banner({ tone = "plain", title, text, action }: { tone?: "plain" | "amber" | "red"; title: string; text: string; action?: ReactNode }) {
  return (
    <div className={styles.banner}>
      <Note tone={tone} title={title} action={action}>
        {text}
      </Note>
    </div>
  );
}

/** In front of pages that need keys: the step that gives this browser its own. */
export function DeviceGate({ asks, children }: { asks: boolean; children: ReactNode }) {
  const status = useStaffStatus();
  const [later, setLater] = useState(false);
  if (!asks || later || !status || !NEEDS_DEVICE.includes(status.state)) return children;
  return <DeviceStep state={status.state as "absent" | "lost" | "revoked"} onLater={() => setLater(true)} />;
}

function DeviceStep({ state, onLater }: { state: "absent" | "lost" | "revoked"; onLater: () => void }) {
  const messenger = useMessenger();
  const [name, setName] = useState(() => browserName(navigator.userAgent));
  const enrol = useMutation({ mutationFn: () => withStepUp(() => messenger!.enrol(name.trim())) });
  return (
    <section className={styles.step} aria-labelledby="device-title">
      <span className={styles.icon} aria-hidden>
        <KeyIcon size={24} stroke={1.5} />
      </span>
      <h1 id="device-title">{t("device.title")}</h1>
      {state !== "absent" && (
        <Note tone="amber" title={t(`device.${state}.title`)}>
          {t(`device.${state}.text`)}
        </Note>
      )}
      <p>{t("device.why")}</p>
      <ul>
        <li>{t("device.point-1")}</li>
        <li>{t("device.point-2")}</li>
        <li>{t("device.point-3")}</li>
      </ul>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          enrol.mutate();
        }}
      >
        <TextInput label={t("device.name")} description={t("device.name-hint")} value={name} maxLength={60} required onChange={(event) => setName(event.target.value)} />
        <ProblemNote error={enrol.error} />
        <div className={styles.buttons}>
          <Button type="submit" loading={enrol.isPending} disabled={!name.trim() || !messenger}>
            {t("device.make")}
          </Button>
          <Button variant="subtle" color="gray" onClick={onLater}>
            {t("device.later")}
          </Button>
        </div>
      </form>
    </section>
  );
}
