/** The team keys this staff device holds: fetched, made when needed, handed to colleagues' devices that wait. */
import { type Api, worthRetrying } from "./api";
import { type Bytes, b64u, fromB64u } from "./bytes";
import { generateSealingKey } from "./hpke";
import type { Identity } from "./log";
import { MessengerError } from "./messenger";
import { endOf } from "./renewal";
import type { Trust } from "./statements";
import type { Store } from "./store";
import { type TeamKey, checkTeamKey, openHistoryKey, openNoteKey, openShare, sealShare, signTeamKey, type SealedHistoryKey, type SealedNoteKey } from "./team-keys";

const NEW_GENERATION_AFTER_SECONDS = 86_400;

interface TeamKeysAnswer {
  current: TeamKey | null;
  generations: (TeamKey & { share: string | null })[];
  waiting: { device: string; statement: string; generations: number[] }[];
  devices: { device: string; statement: string }[];
}

export interface RingParts {
  api: Api;
  store: Store;
  trust: Trust;
  me: Identity;
  teams: string[];
  now(): number;
}

export class TeamRing {
  private readonly privateKeys = new Map<string, Bytes>();
  private readonly current = new Map<string, { generation: number; publicKey: Bytes; at: number }>();
  private queue: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly parts: RingParts,
    /** New private keys have come: what waited for them can be opened. */
    private readonly gained: () => void,
  ) {}

  async restore(): Promise<void> {
    for (const { key, value } of await this.parts.store.list<{ privateKey: Bytes }>("team-keys", "")) this.privateKeys.set(key, value.privateKey);
  }

  /** True while a team of this person has a key and this device has none of it. */
  waiting(): boolean {
    return this.parts.teams.some((team) => this.current.has(team) && ![...this.privateKeys.keys()].some((key) => key.startsWith(`${team}/`)));
  }

  /** Looks after all teams; a failure in one does not stop the others. */
  async tend(): Promise<void> {
    for (const team of this.parts.teams) await this.tendTeam(team).catch(() => undefined);
  }

  tendTeam(team: string): Promise<void> {
    const turn = this.queue.then(() => this.doTend(team));
    this.queue = turn.catch(() => undefined);
    return turn;
  }

  async teamKey(team: string): Promise<{ generation: number; publicKey: Bytes }> {
    const known = this.current.get(team);
    if (!known || this.expired(known.at)) {
      try {
        await this.tendTeam(team);
      } catch (error) {
        if (!known || !worthRetrying(error)) throw error;
      }
    }
    const key = this.current.get(team);
    if (!key) throw new MessengerError("no-team-key", "The team has no key yet.");
    return key;
  }

  /** Opens what is sealed to generations this device holds; the rest stays closed until a colleague shares. */
  async openHistory(items: SealedHistoryKey[], conversation: string): Promise<{ [epoch: number]: Bytes }> {
    const opened: { [epoch: number]: Bytes } = {};
    for (const item of items) {
      const privateKey = await this.privateKey(item.team, item.generation);
      if (!privateKey) continue;
      const key = await openHistoryKey(privateKey, item.sealed, conversation, item.epoch).catch(() => null);
      if (key) opened[item.epoch] = key;
    }
    return opened;
  }

  async openNotes(items: SealedNoteKey[], conversation: string): Promise<Map<number, Bytes>> {
    const opened = new Map<number, Bytes>();
    for (const item of items) {
      const privateKey = await this.privateKey(item.team, item.generation);
      if (!privateKey) continue;
      const key = await openNoteKey(privateKey, item.sealed, conversation, item.number).catch(() => null);
      if (key) opened.set(item.number, key);
    }
    return opened;
  }

  private async privateKey(team: string, generation: number): Promise<Bytes | null> {
    const place = `${team}/${generation}`;
    if (!this.privateKeys.has(place) && this.parts.teams.includes(team)) await this.tendTeam(team).catch(() => undefined);
    return this.privateKeys.get(place) ?? null;
  }

  private expired(at: number): boolean {
    return this.parts.now() / 1000 - at >= NEW_GENERATION_AFTER_SECONDS;
  }

  private async doTend(team: string): Promise<void> {
    const { api, me } = this.parts;
    const answer = await api.get<TeamKeysAnswer>(`/api/v1/teams/${team}/keys?device=${me.device}`);
    const gained = await this.takeShares(team, answer);
    await this.adopt(team, answer.current);
    // Nobody else is left who could share the older ones: this device begins anew.
    const alone = answer.devices.every(({ device }) => device === me.device) && ![...this.privateKeys.keys()].some((key) => key.startsWith(`${team}/`));
    if (answer.current === null || this.expired(answer.current.at) || alone) await this.makeGeneration(team, answer);
    await this.serveWaiting(team, answer);
    if (gained) this.gained();
  }

  private async takeShares(team: string, answer: TeamKeysAnswer): Promise<boolean> {
    const { me, store } = this.parts;
    let gained = false;
    for (const { generation, share } of answer.generations) {
      const place = `${team}/${generation}`;
      if (share === null || this.privateKeys.has(place)) continue;
      const privateKey = await openShare(me.hpke.privateKey, share, team, generation, me.device).catch(() => null);
      if (!privateKey) continue;
      await store.write([{ table: "team-keys", key: place, value: { privateKey } }]);
      this.privateKeys.set(place, privateKey);
      gained = true;
    }
    return gained;
  }

  private async adopt(team: string, key: TeamKey | null): Promise<void> {
    if (key === null) return;
    const publicKey = await checkTeamKey(this.parts.trust, key, team);
    const known = this.current.get(team);
    // An older generation than one already seen would be a step back to keys of removed devices.
    if (known && key.generation < known.generation) return;
    this.current.set(team, { generation: key.generation, publicKey, at: key.at });
  }

  private async makeGeneration(team: string, answer: TeamKeysAnswer): Promise<void> {
    const { api, me, now, store } = this.parts;
    // Nobody would believe a key of a device whose statement has ended, and customers could write to nobody.
    if (endOf(me.statement) <= now()) return;
    const generation = 1 + Math.max(0, answer.current?.generation ?? 0, ...answer.generations.map((known) => known.generation));
    const pair = await generateSealingKey();
    const at = Math.floor(now() / 1000);
    const shares: { device: string; sealed: string }[] = [];
    for (const { device, statement } of withMe(answer.devices, me)) {
      const key = await this.deviceKey(device, statement, team);
      if (key) shares.push({ device, sealed: await sealShare(key, pair.privateKey, team, generation, device) });
    }
    const signature = await signTeamKey(me.mls.seed, team, generation, pair.publicKey, at);
    const place = `${team}/${generation}`;
    // This device is among the shares: should it stop right after this request, it finds its own key again.
    try {
      await api.post(`/api/v1/teams/${team}/keys`, { generation, public_key: b64u(pair.publicKey), device: me.device, at, signature, shares });
    } catch (error) {
      if (!(error instanceof MessengerError) || worthRetrying(error)) throw error;
      if (error.code === "conflict") await this.readAgain(team);
      return;
    }
    await store.write([{ table: "team-keys", key: place, value: { privateKey: pair.privateKey } }]);
    this.privateKeys.set(place, pair.privateKey);
    this.current.set(team, { generation, publicKey: pair.publicKey, at });
  }

  /** A colleague's device was faster: its generation counts. */
  private async readAgain(team: string): Promise<void> {
    const answer = await this.parts.api.get<TeamKeysAnswer>(`/api/v1/teams/${team}/keys?device=${this.parts.me.device}`);
    await this.takeShares(team, answer);
    await this.adopt(team, answer.current);
  }

  private async serveWaiting(team: string, answer: TeamKeysAnswer): Promise<void> {
    const { api, me } = this.parts;
    for (const { device, statement, generations } of answer.waiting) {
      const key = device === me.device ? null : await this.deviceKey(device, statement, team);
      if (!key) continue;
      for (const generation of generations) {
        const privateKey = this.privateKeys.get(`${team}/${generation}`);
        if (!privateKey) continue;
        const sealed = await sealShare(key, privateKey, team, generation, device);
        await api.post(`/api/v1/teams/${team}/keys/${generation}/shares`, { device: me.device, shares: [{ device, sealed }] });
      }
    }
  }

  /** The device's sealing key, if the organisation says today that it belongs to this team. */
  private async deviceKey(device: string, statement: string, team: string): Promise<Bytes | null> {
    const checked = await this.parts.trust.device(statement, Math.floor(this.parts.now() / 1000)).catch(() => null);
    if (!checked || checked.device !== device || checked.kind !== "staff" || !checked.teams.includes(team)) return null;
    return fromB64u(checked.hpke_key);
  }
}

function withMe(devices: { device: string; statement: string }[], me: Identity): { device: string; statement: string }[] {
  return devices.some(({ device }) => device === me.device) ? devices : [...devices, { device: me.device, statement: me.statement }];
}
