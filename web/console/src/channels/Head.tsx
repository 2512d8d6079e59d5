import { useState } from "react";
import { ActionIcon, Button, Menu, Popover, Tooltip, UnstyledButton } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { Conversation, ConversationsView } from "@wardesk/api";
import type { ConversationView } from "@wardesk/crypto/messenger";
import { ProofMark } from "../customer-proof/ProofMark";
import { shownName } from "../customers/name";
import { useActs } from "../desk/useActs";
import { ColleaguePicker } from "../desk/ColleaguePicker";
import { t } from "../i18n";
import { BackIcon, DotsIcon, PersonIcon } from "../ui/icons";
import { Initials } from "../ui/Initials";
import { Verified } from "../ui/small";
import { Protection } from "./Protection";
import { JoinDialog } from "./JoinDialog";
import styles from "./ConversationPane.module.css";

interface HeadProps {
  conversation: Conversation;
  view: ConversationView | null;
  list: ConversationsView;
  onCustomer?: (() => void) | undefined;
  onAskForProof: () => void;
}

export function Head({ conversation, view, list, onCustomer, onAskForProof }: HeadProps) {
  const acts = useActs(conversation, view, onAskForProof);
  const [shows, setShows] = useState(false);
  const people = [conversation.assignee, ...conversation.colleagues].flatMap((person) => (person ? [person.name] : []));
  const state = conversation.state === "closed" ? t("conversation.closed") : people.length > 0 ? t("conversation.with", { names: people.join(", ") }) : t("conversation.nobody");
  return (
    <header className={styles.head}>
      <Tooltip label={t("back-to-list")}>
        <ActionIcon component={Link} {...{ to: `/inbox/${list}` }} variant="subtle" color="gray" hiddenFrom="sm" aria-label={t("back-to-list")}>
          <BackIcon size={20} />
        </ActionIcon>
      </Tooltip>
      <div className={styles.people}>
        <Popover opened={shows} onChange={setShows} width="min(360px, calc(100vw - 24px))" position="bottom-start" shadow="md" trapFocus returnFocus>
          <Popover.Target>
            <UnstyledButton className={styles.who} onClick={() => setShows(!shows)} aria-label={t("protection.open", { name: shownName(conversation.customer) })}>
              <Initials name={conversation.customer.name ?? ""} size={32} />
              <span className={styles.title}>
                <b>
                  <span>{shownName(conversation.customer)}</span>
                  <Verified verified={conversation.customer.verified} />
                  <ProofMark conversation={conversation.id} />
                </b>
                <small>{state}</small>
              </span>
            </UnstyledButton>
          </Popover.Target>
          <Popover.Dropdown aria-label={t("protection.title")}>
            <Protection conversation={conversation} view={view} />
          </Popover.Dropdown>
        </Popover>
      </div>
      <div className={styles.acts}>
        {acts.first && (
          <Button size="xs" loading={acts.first.busy} onClick={acts.first.run}>
            {acts.first.title}
          </Button>
        )}
        {onCustomer && (
          <Tooltip label={t("customer.label")}>
            <ActionIcon variant="subtle" color="gray" aria-label={t("customer.show")} onClick={onCustomer}>
              <PersonIcon size={20} stroke={1.6} />
            </ActionIcon>
          </Tooltip>
        )}
        {acts.others.length > 0 && (
          <Menu position="bottom-end" width={230}>
            <Menu.Target>
              <ActionIcon variant="subtle" color="gray" aria-label={t("conversation.more")}>
                <DotsIcon size={20} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              {acts.others.map((act) => (
                <Menu.Item key={act.id} onClick={act.run} rightSection={act.key && <kbd>{act.key}</kbd>}>
                  {act.title}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
        )}
      </div>
      <ColleaguePicker asked={acts.picking} conversation={conversation} onClose={acts.stopPicking} onPick={acts.picked} />
      <JoinDialog open={acts.joining} onClose={acts.stopJoining} onJoin={acts.joined} busy={acts.joinBusy} />
    </header>
  );
}
