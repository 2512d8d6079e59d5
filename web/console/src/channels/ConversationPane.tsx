import { useEffect, useMemo, useState } from "react";
import { Drawer, Skeleton } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import type { ConversationsView } from "@wardesk/api";
import { useMay } from "../app/context";
import { Asking } from "../customer-proof/Asking";
import { ProofSection } from "../customer-proof/ProofSection";
import { CustomerPanel } from "../customers/CustomerPanel";
import { OpenRecord } from "../customers/OpenRecord";
import { shownName } from "../customers/name";
import { useConversation } from "../desk/queries";
import { t } from "../i18n";
import { useConversationView, useMessenger } from "../messenger/MessengerProvider";
import { ProblemNote } from "../ui/Note";
import { Composer } from "./Composer";
import { Flow } from "./Flow";
import { Head } from "./Head";
import { withCustomerName } from "./words";
import styles from "./ConversationPane.module.css";

/** The conversation, and beside it the customer. */
export function ConversationPane({ id, view: list }: { id: string; view: ConversationsView }) {
  const conversation = useConversation(id);
  const seen = useConversationView(id);
  const name = conversation.data ? shownName(conversation.data.customer) : null;
  const view = useMemo(() => (seen && name ? withCustomerName(seen, name) : seen), [seen, name]);
  const messenger = useMessenger();
  const mayCustomer = useMay()("customer.read");
  const wide = useMediaQuery("(min-width: 1180px)", true, { getInitialValueInEffect: false });
  const [showsCustomer, setShowsCustomer] = useState(false);
  const [asksForProof, setAsksForProof] = useState(false);
  // One dialog at a time: the drawer steps back.
  const askForProof = () => {
    setShowsCustomer(false);
    setAsksForProof(true);
  };
  const last = view?.lines.at(-1)?.id;
  useEffect(() => {
    if (!messenger || !view?.loaded) return;
    const mark = () => document.visibilityState === "visible" && messenger.markRead(id);
    mark();
    document.addEventListener("visibilitychange", mark);
    return () => document.removeEventListener("visibilitychange", mark);
  }, [messenger, view?.loaded, id, last]);

  if (conversation.error && !conversation.data) {
    return (
      <section className={styles.pane} aria-label={t("conversation.label")}>
        <div className={styles.problem}>
          <ProblemNote error={conversation.error} />
        </div>
      </section>
    );
  }
  const { data } = conversation;
  const beside = mayCustomer && data && wide;
  return (
    <div className={styles.both} data-beside={Boolean(beside)}>
      {mayCustomer && data && <OpenRecord customer={data.customer.id} />}
      <section className={styles.pane} aria-label={t("conversation.label")}>
        {data ? <Head conversation={data} view={view} list={list} onCustomer={mayCustomer && !wide ? () => setShowsCustomer(true) : undefined} onAskForProof={askForProof} /> : <div className={styles.head}><Skeleton height={16} width={180} /></div>}
        <Flow view={view} conversation={id} />
        {data && <Composer key={id} conversation={data} view={view} />}
      </section>
      {beside && (
        <aside className={styles.customer} aria-label={t("customer.label")}>
          <CustomerPanel id={data.customer.id} proof={<ProofSection conversation={id} onAsk={askForProof} />} />
        </aside>
      )}
      {data && !wide && (
        <Drawer opened={showsCustomer} onClose={() => setShowsCustomer(false)} position="right" size={340} title={t("customer.label")} closeButtonProps={{ "aria-label": t("close") }}>
          <CustomerPanel id={data.customer.id} proof={<ProofSection conversation={id} onAsk={askForProof} />} />
        </Drawer>
      )}
      {data && <Asking conversation={id} customer={data.customer.id} open={asksForProof} onClose={() => setAsksForProof(false)} />}
    </div>
  );
}
