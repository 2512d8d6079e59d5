import { useState } from "react";
import type { Conversation } from "@wardesk/api";
import type { ConversationView } from "@wardesk/crypto/messenger";
import { useApi, useMay, useMe } from "../app/context";
import { withStepUp } from "../app/signals";
import { t } from "../i18n";
import { useCommands } from "../keyboard/commands";
import { useMessenger } from "../messenger/MessengerProvider";
import { useAct } from "./queries";

export interface ActOn {
  id: string;
  title: string;
  key?: string;
  busy: boolean;
  run: () => void;
}

export type Picking = "assign" | "add" | "remove";

/** What this person can do with this conversation now: the main act, the others, their keys. */
export function useActs(conversation: Conversation, view: ConversationView | null, onAskForProof: () => void) {
  const { id, state, assignee, colleagues } = conversation;
  const me = useMe();
  const may = useMay();
  const api = useApi();
  const messenger = useMessenger();
  const [picking, setPicking] = useState<Picking | null>(null);
  const [joining, setJoining] = useState(false);
  const engine = (run: (engine: NonNullable<typeof messenger>) => Promise<void>) => (messenger ? withStepUp(() => run(messenger)) : Promise.reject({ code: "starting" }));

  const take = useAct(id, () => engine((one) => one.take(id)), t("take.done"));
  const assign = useAct<string>(id, (staff) => engine((one) => one.assign(id, staff)), t("assign.done"));
  const add = useAct<string>(id, (staff) => engine((one) => one.addColleague(id, staff)), t("add.done"));
  const remove = useAct<string>(id, (staff) => engine((one) => one.removeColleague(id, staff)), t("remove.done"));
  const join = useAct<string>(id, (reason) => engine((one) => one.join(id, reason)), t("join.done"));
  const close = useAct(id, () => api.conversations.close(id), t("close.done"));
  const reopen = useAct(id, () => api.conversations.reopen(id), t("reopen.done"));
  const release = useAct(id, () => api.conversations.release(id), t("release.done"));

  const mine = assignee?.id === me.id;
  const member = view?.member ?? false;
  const possible: (ActOn | false)[] = [
    state === "waiting" && may("conversation.take") && { id: "take", title: t("act.take"), key: "t", busy: take.isPending, run: () => take.mutate() },
    state === "open" && !member && may("conversation.join") && { id: "join", title: t("act.join"), busy: join.isPending, run: () => setJoining(true) },
    state === "open" && (mine || member) && may("conversation.close") && { id: "close", title: t("act.close"), key: "e", busy: close.isPending, run: () => close.mutate() },
    state === "closed" && may("conversation.close") && { id: "reopen", title: t("act.reopen"), busy: reopen.isPending, run: () => reopen.mutate() },
    state !== "closed" && may("conversation.assign") && { id: "assign", title: t("act.assign"), key: "a", busy: assign.isPending, run: () => setPicking("assign") },
    state === "open" && member && { id: "add", title: t("act.add"), busy: add.isPending, run: () => setPicking("add") },
    state === "open" && member && colleagues.length > 0 && { id: "remove", title: t("act.remove"), busy: remove.isPending, run: () => setPicking("remove") },
    state === "open" && mine && may("customer_proof.ask") && { id: "proof", title: t("proof.ask-open"), key: "p", busy: false, run: onAskForProof },
    state === "open" && mine && { id: "release", title: t("act.release"), busy: release.isPending, run: () => release.mutate() },
  ];
  const acts = possible.filter((act) => act !== false);
  useCommands(acts.map((act) => ({ id: `act:${act.id}`, title: act.title, section: "palette.do", ...(act.key ? { key: act.key } : {}), run: act.run })));

  const leads = acts.find((act) => ["take", "join", "close", "reopen"].includes(act.id));
  return {
    first: leads,
    others: acts.filter((act) => act !== leads),
    picking,
    stopPicking: () => setPicking(null),
    picked: (staff: string) => {
      setPicking(null);
      ({ assign, add, remove })[picking ?? "assign"].mutate(staff);
    },
    joining,
    joinBusy: join.isPending,
    stopJoining: () => setJoining(false),
    joined: (reason: string) => join.mutate(reason, { onSuccess: () => setJoining(false) }),
  };
}
