import { useState } from "react";
import { Button, MultiSelect, NumberInput, Radio, Switch, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { FactorStrength, FactorWave, NewFactorWave, RoleCoverage } from "@wardesk/api";
import { useApi } from "../app/context";
import { fieldProblem } from "../app/problems";
import { onMinute, t, tn } from "../i18n";
import { ConcernedPeople } from "../ui/ConcernedPeople";
import { Note, ProblemNote } from "../ui/Note";
import { Buttons } from "../ui/small";
import { say } from "../ui/toasts";
import { beginningOf, dayOf } from "./words";
import styles from "./FactorPolicy.module.css";

/** A wave to change, or what a new one begins with. */
export interface Draft {
  wave?: FactorWave;
  name?: string;
  roles?: string[];
}

const FIELDS = ["name", "roles", "people", "starts_at", "grace_days"];
const TWO_WEEKS = 14;
const DAY = 86_400_000;

type Start = "soonest" | "day";

/** Plans or changes a wave; says whom it concerns before it is saved. */
export function WaveForm({ draft, roles, onClose }: { draft: Draft; roles: RoleCoverage[]; onClose: () => void }) {
  const { wave } = draft;
  const api = useApi();
  const queries = useQueryClient();
  const [name, setName] = useState(wave?.name ?? draft.name ?? "");
  const [asks, setAsks] = useState<FactorStrength>(wave?.asks ?? "phishing-resistant");
  const [held, setHeld] = useState(wave?.roles ?? draft.roles ?? []);
  const [people, setPeople] = useState(wave?.people ?? []);
  const [start, setStart] = useState<Start>("soonest");
  const [day, setDay] = useState(() => dayOf(new Date(Date.now() + 7 * DAY)));
  const [grace, setGrace] = useState<string | number>(wave?.grace_days ?? TWO_WEEKS);
  const [reminds, setReminds] = useState(wave?.reminds ?? true);
  // Without a time a new wave begins now, and one that is changed keeps its beginning.
  const startsAt = start === "day" ? beginningOf(day) : null;
  const wanted: NewFactorWave = { name, asks, roles: held, people: people.map((one) => one.id), starts_at: startsAt, grace_days: Number(grace), reminds };
  const save = useMutation({
    mutationFn: () => (wave ? api.factorWaves.change(wave.id, wave.version, wanted) : api.factorWaves.create(wanted)),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["factor-waves"] });
      void queries.invalidateQueries({ queryKey: ["factor-coverage"] });
      void queries.invalidateQueries({ queryKey: ["session"] });
      say(t("waves.saved"));
      onClose();
    },
  });
  const has = held.length > 0 || people.length > 0;
  const problem = (field: string) => fieldProblem(save.error, field);
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <TextInput label={t("waves.name")} description={t("waves.name-hint")} required maxLength={80} data-autofocus value={name} error={problem("name")} onChange={(event) => setName(event.target.value)} />
      <Radio.Group label={t("waves.asks")} value={asks} onChange={(value) => setAsks(value as FactorStrength)}>
        <div className={styles.choices}>
          <Radio value="phishing-resistant" label={t("waves.phishing-resistant")} />
          <Radio value="any" label={t("waves.any")} description={t("waves.any-hint")} />
        </div>
      </Radio.Group>
      <MultiSelect label={t("waves.roles")} description={t("waves.roles-hint")} data={roles.map((one) => ({ value: one.role, label: one.title }))} value={held} error={problem("roles")} onChange={setHeld} />
      <People chosen={people} error={problem("people")} onChange={setPeople} />
      <div className={styles.fields}>
        <Radio.Group label={t("waves.start")} value={start} onChange={(value) => setStart(value as Start)} error={start !== "day" && problem("starts_at")}>
          <div className={styles.choices}>
            <Radio value="soonest" label={wave ? t("waves.start-keep", { at: onMinute(wave.starts_at) }) : t("waves.start-now")} />
            <Radio value="day" label={t("waves.start-day")} />
          </div>
        </Radio.Group>
        {start === "day" && <TextInput type="date" label={t("waves.day")} required min={dayOf(new Date(Date.now() + DAY))} value={day} error={problem("starts_at")} onChange={(event) => setDay(event.target.value)} />}
        <NumberInput label={t("waves.grace")} description={t("waves.grace-hint")} required min={0} max={180} allowDecimal={false} value={grace} error={problem("grace_days")} onChange={setGrace} />
      </div>
      <Switch label={t("waves.reminds")} description={t("waves.reminds-hint")} checked={reminds} onChange={(event) => setReminds(event.target.checked)} />
      {has && <Effect wanted={wanted} id={wave?.id ?? null} />}
      {!FIELDS.some(problem) && <ProblemNote error={save.error} />}
      <Buttons>
        <Button variant="default" onClick={onClose}>{t("cancel")}</Button>
        <Button type="submit" loading={save.isPending} disabled={!has || grace === "" || (start === "day" && startsAt === null)}>{t("save")}</Button>
      </Buttons>
    </form>
  );
}

type Person = FactorWave["people"][number];

/** People by name; whoever is typed is looked for on the server. */
function People({ chosen, error, onChange }: { chosen: Person[]; error: string | null | undefined; onChange: (people: Person[]) => void }) {
  const api = useApi();
  const [typed, setTyped] = useState("");
  const [search] = useDebouncedValue(typed.trim(), 200);
  const { data } = useQuery({ queryKey: ["factor-coverage", { search }], queryFn: () => api.factorCoverage.get({ ...(search && { search }) }), placeholderData: keepPreviousData });
  const found = (data?.items ?? []).filter((one) => !chosen.some((other) => other.id === one.id)).slice(0, 50);
  const all = [...chosen, ...found];
  return (
    <MultiSelect
      label={t("waves.people")} description={t("waves.people-hint")} searchable searchValue={typed} onSearchChange={setTyped} value={chosen.map((one) => one.id)} error={error}
      data={all.map((one) => ({ value: one.id, label: one.name }))} filter={({ options }) => options}
      onChange={(ids) => onChange(ids.flatMap((id) => all.filter((one) => one.id === id).map(({ id: known, name }) => ({ id: known, name }))))}
    />
  );
}

/** Whom the wave concerns, asked anew while it is typed. */
function Effect({ wanted, id }: { wanted: NewFactorWave; id: string | null }) {
  const api = useApi();
  // The name does not matter here, and an empty one would be refused.
  const question = { id, wave: { ...wanted, name: wanted.name.trim() || "–", starts_at: null } };
  const [asked] = useDebouncedValue(JSON.stringify(question), 250);
  const { data } = useQuery({ queryKey: ["factor-wave-preview", asked], queryFn: () => api.factorWaves.preview(JSON.parse(asked) as typeof question), placeholderData: keepPreviousData, retry: false });
  if (!data) return null;
  const locks = wanted.grace_days === 0 && data.left > 0;
  return (
    <div className={styles.shown}>
      <div aria-live="polite" className={styles.shown}>
        <p className={styles.quiet}>{tn("waves.concerns", data.members)} {data.left === 0 ? t("waves.none-left") : tn("waves.left", data.left)}</p>
        {locks && <Note tone="amber">{t("waves.locks")}</Note>}
        {data.yourself && <Note tone="amber">{t("waves.yourself")}</Note>}
      </div>
      <ConcernedPeople concerned={data.concerned} />
    </div>
  );
}
