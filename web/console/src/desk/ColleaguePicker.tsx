import { useState } from "react";
import { Modal, TextInput, UnstyledButton } from "@mantine/core";
import type { Conversation } from "@wardesk/api";
import { useMe } from "../app/context";
import { t } from "../i18n";
import { Initials } from "../ui/Initials";
import { ProblemNote } from "../ui/Note";
import { useColleagues } from "./queries";
import type { Picking } from "./useActs";
import styles from "./ColleaguePicker.module.css";

export function ColleaguePicker(props: { asked: Picking | null; conversation: Conversation; onClose: () => void; onPick: (staff: string) => void }) {
  return (
    <Modal opened={props.asked !== null} onClose={props.onClose} title={t(`picker.${props.asked ?? "assign"}`)} size="sm">
      {props.asked && <List asked={props.asked} conversation={props.conversation} onPick={props.onPick} />}
    </Modal>
  );
}

function List({ asked, conversation, onPick }: { asked: Picking; conversation: Conversation; onPick: (staff: string) => void }) {
  const me = useMe();
  const [wanted, setWanted] = useState("");
  const colleagues = useColleagues();
  const inside = new Set([conversation.assignee?.id, ...conversation.colleagues.map((one) => one.id)]);
  const possible = colleagues.data?.items.filter((one) => {
    if (asked === "remove") return conversation.colleagues.some((colleague) => colleague.id === one.id);
    return asked === "add" ? !inside.has(one.id) : one.id !== conversation.assignee?.id;
  });
  const found = possible
    ?.filter((one) => one.name.toLowerCase().includes(wanted.trim().toLowerCase()))
    .sort((a, b) => Number(b.online) - Number(a.online) || Number(b.teams.includes(conversation.team)) - Number(a.teams.includes(conversation.team)) || a.name.localeCompare(b.name));
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (found?.[0]) onPick(found[0].id);
      }}
    >
      <TextInput data-autofocus aria-label={t("picker.search")} placeholder={t("picker.search")} value={wanted} onChange={(event) => setWanted(event.target.value)} />
      <ProblemNote error={colleagues.error} />
      <ul className={styles.list}>
        {found?.map((one) => (
          <li key={one.id}>
            <UnstyledButton className={styles.one} onClick={() => onPick(one.id)}>
              <Initials name={one.name} online={one.online} />
              <span className={styles.name}>{one.id === me.id ? t("picker.me", { name: one.name }) : one.name}</span>
              <small>{t(one.online ? "online" : "away")}</small>
            </UnstyledButton>
          </li>
        ))}
      </ul>
      {found?.length === 0 && <p className={styles.none}>{t("picker.none")}</p>}
    </form>
  );
}
