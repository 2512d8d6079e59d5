import { useState } from "react";
import { Button, Skeleton } from "@mantine/core";
import { Link, useParams } from "@tanstack/react-router";
import { shownName } from "./name";
import { useMay } from "../app/context";
import { t } from "../i18n";
import { BackIcon } from "../ui/icons";
import { ProblemNote } from "../ui/Note";
import { Ago, Card, Fact, Page, PageHead, Tag } from "../ui/small";
import { say } from "../ui/toasts";
import { CustomerConversations } from "./CustomerConversations";
import { CustomerDialog } from "./CustomerDialog";
import { Identity } from "./Identity";
import { MaskedClass } from "./MaskedClass";
import { useCustomer } from "./queries";
import { RecentActivity } from "./RecentActivity";
import styles from "./Customers.module.css";

export function CustomerPage() {
  const { customer: id } = useParams({ strict: false }) as { customer: string };
  const may = useMay();
  const [editing, setEditing] = useState(false);
  const { data, error } = useCustomer(id);
  return (
    <Page>
      <div>
        <Button variant="subtle" color="gray" size="compact-sm" leftSection={<BackIcon size={16} />} component={Link} {...{ to: "/customers" }}>
          {t("area.customers")}
        </Button>
      </div>
      {error && !data && <ProblemNote error={error} />}
      {!data && !error && <Skeleton height={200} />}
      {data && (
        <>
          <PageHead title={shownName(data)} lead={t(`kind.${data.kind}`)}>
            {may("customer.edit") && (
              <Button variant="default" onClick={() => setEditing(true)}>
                {t("customer.edit")}
              </Button>
            )}
          </PageHead>
          <Card title={t("customer.record")}>
            <dl>
              <Fact name={t("customer.identity")}>
                <Identity customer={data} />
              </Fact>
              <Fact name={t("customer.tags")}>{data.tags.length > 0 ? <span className={styles.tags}>{data.tags.map((tag) => <Tag key={tag}>{tag}</Tag>)}</span> : t("class.empty")}</Fact>
              <Fact name={t("customers.since")}>
                <Ago time={data.created_at} />
              </Fact>
              <Fact name={t("customer.changed")}>
                <Ago time={data.updated_at} />
              </Fact>
            </dl>
          </Card>
          <CustomerConversations customer={id} count={data.conversations} />
          <Card title={t("activity.title")} lead={t("activity.lead")}>
            <RecentActivity customer={id} />
          </Card>
          <Card title={t("customer.sealed")} lead={t("customer.sealed-lead")}>
            <MaskedClass customer={id} dataClass="contact" masked={data.contact} />
            <MaskedClass customer={id} dataClass="identifiers" masked={data.identifiers} />
            <MaskedClass customer={id} dataClass="notes" masked={data.notes} />
          </Card>
          <CustomerDialog open={editing} customer={data} onClose={() => setEditing(false)} onSaved={() => say(t("customer.saved"))} />
        </>
      )}
    </Page>
  );
}
