import { Skeleton, Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import type { TextAlarm, TextDriver, TextFigure, TextMessage, TextMessageState, TextSpend } from "@wardesk/api";
import { useApi, useMay } from "../app/context";
import { onMinute, t, tOr } from "../i18n";
import { DataTable, type Column } from "../ui/DataTable";
import { HourBars, hoursUntil } from "../ui/HourBars";
import { PhoneIcon } from "../ui/icons";
import { Note, ProblemNote } from "../ui/Note";
import { Ago, Card, Empty, Fact, Page, PageHead, Tag, useNow } from "../ui/small";
import styles from "./SmsPage.module.css";
import { Test } from "./Test";

/** How many hours the server gives figures of. */
const HOURS = 48;

/** What goes out by text message: what it costs, how the drivers fare, what became of each. Never to whom, and never what. */
export function SmsPage() {
  const api = useApi();
  const may = useMay();
  const list = useInfiniteQuery({
    queryKey: ["text-messages"], queryFn: ({ pageParam }) => api.textMessages.list({ after: pageParam }), refetchInterval: 10_000,
    initialPageParam: undefined as string | undefined, getNextPageParam: (page) => page.next ?? undefined,
  });
  const first = list.data?.pages[0];
  const rows = list.data?.pages.flatMap((page) => page.items);
  const test = first?.spend && may("outgoing.test") && <Test />;
  return (
    <Page wide>
      <PageHead title={t("sms.title")} lead={t("sms.lead")}>
        {test}
      </PageHead>
      <ProblemNote error={first ? null : list.error} />
      {!first && !list.error && <Skeleton height={240} />}
      {first && (
        <>
          {first.spend ? <Spend spend={first.spend} figures={first.figures} /> : <NotSetUp />}
          {first.drivers.length > 0 && <Drivers drivers={first.drivers} figures={first.figures} />}
          {(first.spend || first.alarms.length > 0) && <Alarms alarms={first.alarms} currency={first.spend?.currency ?? ""} />}
          {rows?.length === 0 ? (
            <Empty icon={<PhoneIcon size={24} stroke={1.5} />} title={t("sms.empty")} text={t(first.spend ? "sms.empty-text" : "sms.empty-none")} />
          ) : (
            <DataTable name="text-messages" label={t("sms.title")} columns={columns()} rows={rows} id={(message) => message.id} />
          )}
          {list.hasNextPage && <Button variant="subtle" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{t("more")}</Button>}
        </>
      )}
    </Page>
  );
}

/** The values of each of the last hours, of all drivers or of one. */
function byHour(hours: number[], figures: TextFigure[], value: (figure: TextFigure) => number): number[] {
  return hours.map((hour) => figures.filter((figure) => Date.parse(figure.hour) === hour).reduce((sum, figure) => sum + value(figure), 0));
}

function Spend({ spend, figures }: { spend: TextSpend; figures: TextFigure[] }) {
  const hours = hoursUntil(useNow(), HOURS);
  const money = (thousandths: number) => `${(thousandths / 1000).toFixed(2)} ${spend.currency}`;
  const numbers = (list: string[]) => list.map((begin) => `+${begin}`).join(", ");
  return (
    <Card title={t("sms.spend")} lead={t("sms.spend-lead")}>
      <dl className={styles.facts}>
        <Fact name={t("sms.hour")}><Share of={spend.hour} cost={spend.cost} limit={spend.hour_limit} money={money} /></Fact>
        <Fact name={t("sms.day")}><Share of={spend.day} cost={spend.cost} limit={spend.day_limit} money={money} /></Fact>
        <Fact name={t("sms.customers")}>
          <Share of={spend.customers_hour} cost={spend.cost} limit={spend.customers_hour_limit} money={money} /> {t("sms.customers-hour")}
          <br />
          <Share of={spend.customers_day} cost={spend.cost} limit={spend.customers_day_limit} money={money} /> {t("sms.customers-day")}
        </Fact>
        <Fact name={t("sms.cost")}><span className="num">{money(spend.cost)}</span></Fact>
        <Fact name={t("sms.countries")}>
          {numbers(spend.countries)}
          {spend.except.length > 0 && ` ${t("sms.except", { numbers: numbers(spend.except) })}`}
        </Fact>
      </dl>
      <HourBars
        label={t("sms.spend-plot")} hours={hours} limit={spend.hour_limit} show={money}
        series={[{ name: t("sms.spent"), tone: "accent", values: byHour(hours, figures, (figure) => figure.cost) }]}
      />
    </Card>
  );
}

/** Red when the next message would not go. */
function Share({ of, cost, limit, money }: { of: number; cost: number; limit: number; money: (value: number) => string }) {
  return (
    <>
      <span className="num">{t("sms.of", { spent: money(of), limit: money(limit) })}</span> {of + cost > limit && <Tag tone="red">{t("sms.at-limit")}</Tag>}
    </>
  );
}

function Drivers({ drivers, figures }: { drivers: TextDriver[]; figures: TextFigure[] }) {
  return (
    <Card title={t("sms.drivers")} lead={t("sms.drivers-lead")}>
      <ol className={styles.drivers}>
        {drivers.map((driver) => (
          <li key={driver.name}>
            <DriverHead driver={driver} />
            <DriverPlot driver={driver} figures={figures.filter((figure) => figure.driver === driver.name)} />
          </li>
        ))}
      </ol>
    </Card>
  );
}

function DriverHead({ driver }: { driver: TextDriver }) {
  const trouble = driver.trouble && t(`sms.trouble.${driver.trouble}`);
  return (
    <div className={styles.driver}>
      <b>{driver.name}</b>
      <span>{tOr(`sms.driver.${driver.kind}`, driver.kind)}</span>
      {driver.rests_until ? <Tag tone="red">{t("sms.rests")}</Tag> : trouble ? <Tag tone="amber">{t("sms.troubled")}</Tag> : driver.last_good_at ? <Tag tone="good">{t("sms.good")}</Tag> : <Tag>{t("sms.unused")}</Tag>}
      {trouble && <span>{trouble}{driver.last_bad_at && <>, <Ago time={driver.last_bad_at} /></>}</span>}
      {driver.rests_until && <span>{t("sms.asked-again")} <Ago time={driver.rests_until} /></span>}
      {driver.last_good_at && <span>{t("sms.last-good")} <Ago time={driver.last_good_at} /></span>}
    </div>
  );
}

function DriverPlot({ driver, figures }: { driver: TextDriver; figures: TextFigure[] }) {
  const hours = hoursUntil(useNow(), HOURS);
  const values = (value: (figure: TextFigure) => number) => byHour(hours, figures, value);
  const silent = values((figure) => Math.max(figure.taken - figure.delivered - figure.undelivered, 0));
  const late = figures.reduce((sum, figure) => sum + figure.late, 0);
  const receipts = [
    { name: t("sms.delivered"), tone: "accent" as const, values: values((figure) => figure.delivered) },
    { name: t("sms.no-receipt"), tone: "plain" as const, values: silent },
    { name: t("sms.undelivered"), tone: "amber" as const, values: values((figure) => figure.undelivered) },
  ];
  const taken = [{ name: t("sms.taken"), tone: "accent" as const, values: values((figure) => figure.taken) }];
  return (
    <>
      <HourBars
        label={t("sms.driver-plot", { driver: driver.name })} hours={hours}
        series={[...(driver.has_receipts ? receipts : taken), { name: t("sms.failed"), tone: "red", values: values((figure) => figure.failed) }]}
      />
      {late > 0 && <Note tone="amber">{t("sms.late", { n: late })}</Note>}
    </>
  );
}

/** What was told of by mail, for who looks days later. */
function Alarms({ alarms, currency }: { alarms: TextAlarm[]; currency: string }) {
  return (
    <Card title={t("sms.alarms")} lead={t("sms.alarms-lead")}>
      {alarms.length === 0 ? (
        <p className={styles.calm}>{t("sms.alarms-none")}</p>
      ) : (
        <ul className={styles.alarms} aria-label={t("sms.alarms")}>
          {alarms.map((alarm) => <Alarm key={`${alarm.at} ${alarm.kind} ${alarm.stopped} ${alarm.country}`} alarm={alarm} currency={currency} />)}
        </ul>
      )}
    </Card>
  );
}

function Alarm({ alarm, currency }: { alarm: TextAlarm; currency: string }) {
  const { at, kind, country, stopped, stopped_until, messages, numbers, used, spent } = alarm;
  return (
    <li className={styles.driver}>
      <b>{t(`sms.alarm.${kind}`, { country: country ?? "" })}</b>
      <Ago time={at} />
      <Tag tone={stopped === "nothing" ? "amber" : "red"}>{t(`sms.stopped.${stopped}`)}</Tag>
      {stopped_until && <span>{t("sms.stopped-until", { time: onMinute(stopped_until) })}</span>}
      {messages !== null && <span className="num">{t("sms.alarm-counted", { messages, numbers: numbers ?? 0, used: used ?? 0 })}</span>}
      {spent !== null && <span className="num">{t("sms.alarm-spent", { spent: `${(spent / 1000).toFixed(2)} ${currency}`.trim() })}</span>}
    </li>
  );
}

/** Teaches what to do: there is no button for it, because drivers and their secrets are in the server's file. */
function NotSetUp() {
  return (
    <Note tone="amber" title={t("sms.none")}>
      <p>{t("sms.none-text")}</p>
      <pre className={`${styles.sample} mono`} tabIndex={0}>{SAMPLE}</pre>
    </Note>
  );
}

const SAMPLE = `[sms]
countries = ["49"]
cost = 80
spend_per_hour = 5000
spend_per_day = 25000
customers_share = 50

[[sms.drivers]]
kind = "smpp"
name = "carrier"
server = "smpp.example.org:3550"
user = "wardesk"
password = { file = "/etc/wardesk/sms-password" }
from = "Wardesk"`;

const TONES: Record<TextMessageState, "plain" | "good" | "amber" | "red"> = {
  waiting: "amber", sent: "plain", delivered: "good", undelivered: "amber", failed: "red", expired: "amber", refused: "red",
};

function columns(): Column<TextMessage>[] {
  return [
    { key: "kind", header: t("sms.kind"), head: true, cell: (message) => tOr(`sms.kind.${message.kind}`, message.kind) },
    { key: "country", header: t("sms.country"), cell: (message) => <span className="num">+{message.country}</span> },
    { key: "state", header: t("sms.state"), cell: (message) => <Tag tone={TONES[message.state]}>{t(`sms.state.${message.state}`)}</Tag> },
    { key: "trouble", header: t("sms.trouble"), cell: (message) => message.trouble && t(`sms.trouble.${message.trouble}`) },
    { key: "driver", header: t("sms.driver"), cell: (message) => message.driver },
    { key: "attempts", header: t("sms.attempts"), align: "end", cell: (message) => <span className="num">{message.attempts}</span> },
    { key: "at", header: t("sms.at"), align: "end", cell: (message) => <Ago time={message.at} /> },
  ];
}
