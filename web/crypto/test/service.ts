/** Test code: a delivery service in memory that keeps the log's rules, spoken to through fetch and sockets. */
import { decodeMlsMessage } from "ts-mls";
import { ratchetTreeFromExtension } from "ts-mls/groupInfo.js";
import { b64u, fromB64u, fromUtf8, hex, randomBytes } from "../src/bytes";
import type { LogItem } from "../src/log";
import type { Fetch } from "../src/api";
import type { OpenSocket, SocketLike } from "../src/socket";
import type { DeviceStatement, Grant } from "../src/statements";
import type { TeamKey } from "../src/team-keys";
import { Authority } from "./authority";

export const TEAM = `tea_${"a".repeat(32)}`;

interface Device {
  id: string;
  sub: string;
  kind: "staff" | "customer";
  statement: string;
  unlockSecret: string;
  keyPackages: string[];
  lastResort: string | null;
  revoked: boolean;
  since: string;
}

interface Room {
  id: string;
  customer: string;
  assignee: string | null;
  closed: boolean;
  epoch: number;
  groupInfo: string;
  devices: string[];
  log: LogItem[];
  byClientId: Map<string, object>;
  removals: { devices: string[]; grant: string }[];
  historyKeys: object[];
  noteKeys: { number: number }[];
  notes: { seq: number; client_id: string }[];
  receipts: Map<string, { delivered: number; read: number }>;
}

type Who = { staff: string; customer?: never } | { customer: string; staff?: never };

class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
  ) {
    super(code);
  }
}

export const id = (kind: string) => `${kind}_${hex(randomBytes(16))}`;

export class Service {
  readonly devices = new Map<string, Device>();
  readonly rooms = new Map<string, Room>();
  readonly tokens = new Map<string, string>();
  readonly staffNames = new Map<string, string>();
  teamKeys: (TeamKey & { shares: Map<string, string> })[] = [];
  now = Date.parse("2026-11-24T10:00:00Z");
  readonly requests: string[] = [];
  /** Called before (`answer` null) and after each request; throwing cuts the network there. */
  cut: ((when: "before" | "after", method: string, path: string) => void) | null = null;
  /** Whether staff showed their second factor just now. */
  freshFactor = true;
  private readonly sockets = new Set<{ who: () => Who | null; socket: SocketLike }>();

  private constructor(readonly authority: Authority) {}

  static async create(): Promise<Service> {
    return new Service(await Authority.create());
  }

  staff(name: string): string {
    const staff = id("stf");
    this.staffNames.set(staff, name);
    return staff;
  }

  /** What a signed-in browser has; `staff` null for the widget, whose requests carry a token. */
  fetchAs(staff: string | null): Fetch {
    return async (input, init) => {
      const url = new URL(input, "https://desk.example");
      const method = init.method ?? "GET";
      const path = url.pathname + url.search;
      this.requests.push(`${method} ${path}`);
      this.cut?.("before", method, url.pathname);
      let status = 200;
      let body: unknown;
      try {
        const authorization = new Headers(init.headers).get("authorization");
        const who: Who | null = staff !== null ? { staff } : this.tokens.has(authorization?.slice(7) ?? "") ? this.holder(authorization!.slice(7)) : null;
        body = await this.route(method, url, who, init.body ? JSON.parse(String(init.body)) : {}, authorization?.slice(7) ?? null);
        // Everything the client sees went through JSON.
        body = body === undefined ? undefined : JSON.parse(JSON.stringify(body));
        if (body === undefined) status = 204;
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        status = error.status;
        body = { code: error.code, title: error.code, status };
      }
      this.cut?.("after", method, url.pathname);
      return new Response(status === 204 ? null : JSON.stringify(body), { status });
    };
  }

  openSocketAs(staff: string | null): OpenSocket {
    return () => {
      let who: Who | null = staff === null ? null : { staff };
      const socket: SocketLike = {
        onopen: null,
        onmessage: null,
        onclose: null,
        onerror: null,
        send: (text) => {
          const frame = JSON.parse(text) as { type: string; token?: string };
          if (frame.type === "hello") {
            who = this.holder(frame.token ?? "");
            queueMicrotask(() => socket.onmessage?.({ data: JSON.stringify({ type: "ready" }) }));
          }
        },
        close: () => void this.sockets.delete(entry),
      };
      const entry = { who: () => who, socket };
      this.sockets.add(entry);
      queueMicrotask(() => {
        socket.onopen?.();
        if (staff !== null) socket.onmessage?.({ data: JSON.stringify({ type: "ready" }) });
      });
      return socket;
    };
  }

  dropSockets(): void {
    for (const { socket } of [...this.sockets]) socket.onclose?.();
    this.sockets.clear();
  }

  room(conversation: string): Room {
    const room = this.rooms.get(conversation);
    if (!room) throw new Problem(404, "not-found");
    return room;
  }

  async askRemoval(conversation: string, devices: string[]): Promise<void> {
    const room = this.room(conversation);
    const grant = await this.grant("remove", room, this.devices.get(devices[0]!)!.sub, devices, "handed over");
    room.removals.push({ devices, grant });
    this.append(room, { kind: "removal", client_id: null, device: null, body: { devices, grant } });
  }

  /** Back to the queue. */
  async release(conversation: string): Promise<void> {
    const room = this.room(conversation);
    room.assignee = null;
    for (const device of room.devices.filter((one) => this.devices.get(one)!.kind === "staff")) await this.askRemoval(conversation, [device]);
  }

  append(room: Room, item: { kind: string; client_id: string | null; device: string | null; body: object }): LogItem {
    const whole = {
      seq: room.log.length + 1,
      at: new Date(this.now).toISOString(),
      epoch: room.epoch,
      statement: item.device === null ? null : this.devices.get(item.device)!.statement,
      ...item,
    } as LogItem;
    room.log.push(whole);
    this.push((who) => (this.sees(who, room) ? { type: "item", conversation: room.id, item: this.asSeen(whole, who) } : null));
    return whole;
  }

  private push(frame: (who: Who) => object | null): void {
    for (const { who, socket } of this.sockets) {
      const to = who();
      const made = to && frame(to);
      if (made) {
        const data = JSON.stringify(made);
        queueMicrotask(() => socket.onmessage?.({ data }));
      }
    }
  }

  private holder(token: string): Who {
    const customer = this.tokens.get(token);
    if (!customer) throw new Problem(401, "unauthenticated");
    return { customer };
  }

  private sees(who: Who, room: Room): boolean {
    return who.staff !== undefined || who.customer === room.customer;
  }

  private asSeen(item: LogItem, who: Who): LogItem {
    if (item.kind === "history") return who.customer && this.devices.get(item.body.to)?.sub === who.customer ? item : ({ ...item, body: { to: item.body.to } } as LogItem);
    if (item.kind !== "welcome") return item;
    const mine = (item.body.devices ?? []).some((device) => this.devices.get(device)?.sub === (who.staff ?? who.customer));
    return mine ? item : { ...item, body: {} };
  }

  private async route(method: string, url: URL, who: Who | null, body: any, token: string | null): Promise<unknown> {
    const parts = url.pathname.split("/").filter(Boolean);
    if (url.pathname === "/.well-known/wardesk-organisation.json" || url.pathname === "/api/v1/widget/organisation")
      return { name: "Northwind", fingerprint: "", keys: this.authority.keys(), team: TEAM, typing: true, reply_time: "5 minutes" };
    if (url.pathname === "/api/v1/widget/visitors") {
      const token = b64u(randomBytes(32));
      const customer = id("cus");
      this.tokens.set(token, customer);
      return { token, customer };
    }
    if (url.pathname === "/api/v1/widget/identities") {
      if (body.identity_token === "nobody's word") throw new Problem(403, "forbidden");
      const token = b64u(randomBytes(32));
      const customer = `cus_${hex(new TextEncoder().encode(body.identity_token.padEnd(16).slice(0, 16)))}`;
      this.tokens.set(token, customer);
      return { token, customer, name: "Jonas" };
    }
    if (who === null) throw new Problem(401, "unauthenticated");
    const [, , area] = parts;
    if (area === "widget") {
      if (parts[3] === "devices" && parts[5] === "statement") return this.renewStatement(this.ownDevice(parts[4]!, who.customer!));
      if (parts[3] === "devices" && method === "GET") return { items: [...this.devices.values()].filter((d) => d.sub === who.customer && !d.revoked).map((d) => ({ id: d.id, user_agent: "Test", created_at: d.since, last_seen_at: d.since })) };
      if (parts[3] === "devices" && method === "DELETE") return this.removeDevice(this.ownDevice(parts[4]!, who.customer!), token);
      if (parts[3] === "conversations" && !parts[4] && method === "GET")
        return { items: [...this.rooms.values()].filter((room) => room.customer === who.customer).map((room) => ({ id: room.id, state: room.closed ? "closed" : room.assignee ? "open" : "waiting", seq: room.log.length, opened_at: room.log[0]!.at })) };
      if (parts[3] === "session") return void [...this.tokens].forEach(([token, customer]) => customer === who.customer && this.tokens.delete(token));
      if (parts[3] === "devices") return this.enrol({ ...body, sub: who.customer!, kind: "customer", name: null });
      if (parts[3] === "team-key") return this.currentTeamKey() ?? fail(404, "not-found");
      if (parts[3] === "conversations" && !parts[4] && method === "POST") return this.openRoom(who, body);
      if (parts[3] === "conversations") return this.inRoom(method, parts.slice(4), url, who, body);
    }
    if (area === "devices") return this.deviceRoute(method, parts, who, body);
    if (area === "teams") return this.teamRoute(method, parts, url, body);
    if (area === "conversations") return this.inRoom(method, parts.slice(3), url, who, body);
    throw new Problem(404, "not-found");
  }

  private async enrol(from: { sub: string; kind: "staff" | "customer"; name: string | null; mls_key: string; hpke_key: string }) {
    const device = id("dev");
    const statement = await this.statement(device, from, this.now);
    const unlockSecret = b64u(randomBytes(32));
    this.devices.set(device, { id: device, sub: from.sub, kind: from.kind, statement, unlockSecret, keyPackages: [], lastResort: null, revoked: false, since: new Date(this.now).toISOString() });
    if (from.kind === "staff") this.push((who) => (who.staff ? { type: "team-key", team: TEAM } : null));
    return { id: device, statement, unlock_secret: unlockSecret };
  }

  statement(device: string, from: { sub: string; kind: "staff" | "customer"; name: string | null; mls_key: string; hpke_key: string }, at: number): Promise<string> {
    const iat = Math.floor(at / 1000);
    const days = from.kind === "staff" ? 7 : 30;
    const { sub, kind, name, mls_key, hpke_key } = from;
    return this.authority.device({ sub, kind, name, device, mls_key, hpke_key, teams: kind === "staff" ? [TEAM] : [], iat, exp: iat + days * 86_400 });
  }

  private ownDevice(id: string, sub: string): Device {
    const device = this.devices.get(id);
    if (!device || device.sub !== sub || device.revoked) throw new Problem(404, "not-found");
    return device;
  }

  private async renewStatement(device: Device): Promise<{ statement: string }> {
    const old = JSON.parse(fromUtf8(fromB64u(device.statement.split(".")[1]!))) as DeviceStatement;
    device.statement = await this.statement(device.id, old, this.now);
    return { statement: device.statement };
  }

  /** It counts no more, is to leave every group, and sessions but the asking one end. */
  async removeDevice(device: Device, keep: string | null): Promise<undefined> {
    device.revoked = true;
    for (const room of this.rooms.values()) if (room.devices.includes(device.id)) await this.askRemoval(room.id, [device.id]);
    for (const [token, customer] of this.tokens) if (customer === device.sub && token !== keep) this.tokens.delete(token);
  }

  private async deviceRoute(method: string, parts: string[], who: Who, body: any): Promise<unknown> {
    if (!parts[3] && method === "POST") return this.enrol({ ...body, sub: who.staff!, kind: "staff", name: this.staffNames.get(who.staff!)! });
    if (!parts[3]) return { items: [...this.devices.values()].filter((d) => d.kind === "staff").map((d) => ({ id: d.id, key_packages: d.keyPackages.length })) };
    const device = this.devices.get(parts[3]);
    if (!device || device.sub !== who.staff || device.revoked) throw new Problem(404, "not-found");
    if (parts[4] === "statement") {
      if (!this.freshFactor) throw new Problem(403, "step-up-required");
      return this.renewStatement(device);
    }
    if (parts[4] === "unlock") return { unlock_secret: device.unlockSecret };
    if (parts[4] === "key-packages") {
      device.keyPackages.push(...body.key_packages);
      if (body.last_resort) device.lastResort = body.last_resort;
      return { available: device.keyPackages.length };
    }
    throw new Problem(404, "not-found");
  }

  private currentTeamKey(): TeamKey | null {
    const key = this.teamKeys.at(-1);
    return key ? this.publicPart(key) : null;
  }

  private publicPart({ shares: _shares, ...key }: TeamKey & { shares: Map<string, string> }): TeamKey {
    return key;
  }

  private async teamRoute(method: string, parts: string[], url: URL, body: any): Promise<unknown> {
    const staffDevices = [...this.devices.values()].filter((d) => d.kind === "staff" && !d.revoked);
    if (method === "GET") {
      const device = url.searchParams.get("device")!;
      return {
        current: this.currentTeamKey(),
        generations: this.teamKeys.map((key) => ({ ...this.publicPart(key), share: key.shares.get(device) ?? null })),
        waiting: staffDevices
          .map((d) => ({ device: d.id, statement: d.statement, generations: this.teamKeys.filter((key) => !key.shares.has(d.id)).map((key) => key.generation) }))
          .filter((d) => d.generations.length > 0),
        devices: staffDevices.map((d) => ({ device: d.id, statement: d.statement })),
      };
    }
    if (parts[6] === "shares") {
      const key = this.teamKeys.find((known) => known.generation === Number(parts[5]))!;
      for (const share of body.shares) key.shares.set(share.device, share.sealed);
    } else {
      if (this.teamKeys.some((key) => key.generation === body.generation)) throw new Problem(409, "conflict");
      const { shares, ...key } = body;
      this.teamKeys.push({ ...key, team: parts[3], statement: this.devices.get(key.device)!.statement, shares: new Map(shares.map((s: any) => [s.device, s.sealed])) });
    }
    this.push((who) => (who.staff ? { type: "team-key", team: parts[3] } : null));
    return undefined;
  }

  private openRoom(who: Who, body: any) {
    if (this.rooms.has(body.conversation)) throw new Problem(409, "conflict");
    const room: Room = {
      id: body.conversation,
      customer: who.customer!,
      assignee: null,
      closed: false,
      epoch: 0,
      groupInfo: body.group_info,
      devices: devicesIn(body.group_info),
      log: [],
      byClientId: new Map(),
      removals: [],
      historyKeys: [body.history_key],
      noteKeys: [],
      notes: [],
      receipts: new Map(),
    };
    this.rooms.set(room.id, room);
    this.append(room, { kind: "opened", client_id: null, device: body.device, body: { team: TEAM } });
    if (body.first) this.once(room, body.first.client_id, () => [this.append(room, { kind: "letter", client_id: body.first.client_id, device: body.device, body: { record: body.first.record } })]);
    this.push((to) => (to.staff ? { type: "inbox", conversation: room.id } : null));
    return { conversation: room.id, seq: room.log.length };
  }

  private async inRoom(method: string, parts: string[], url: URL, who: Who, body: any): Promise<unknown> {
    const room = this.room(parts[0]!);
    if (!this.sees(who, room)) throw new Problem(404, "not-found");
    const staffed = room.devices.some((device) => this.devices.get(device)!.kind === "staff");
    switch (`${method} ${parts[1]}`) {
      case "GET log": {
        const after = Number(url.searchParams.get("after"));
        const items = room.log.slice(after, after + Number(url.searchParams.get("limit") ?? 50)).map((item) => this.asSeen(item, who));
        return { items, next_after: after + items.length, head: room.log.length };
      }
      case "GET group":
        return { epoch: room.epoch, group_info: room.groupInfo, members: room.devices.map((device) => ({ device, statement: this.devices.get(device)!.statement })), removals: room.removals };
      case "GET history-keys":
        return { items: room.historyKeys };
      case "GET receipts":
        return { items: [...room.receipts].map(([name, receipt]) => ({ who: name, ...receipt })) };
      case "POST receipts": {
        const name = who.staff ?? "customer";
        room.receipts.set(name, body);
        this.push((to) => (this.sees(to, room) ? { type: "receipt", conversation: room.id, who: name, ...body } : null));
        return undefined;
      }
      case "POST letters":
        return this.once(room, body.client_id, () => {
          if (staffed) throw new Problem(409, "taken");
          return [this.append(room, { kind: "letter", client_id: body.client_id, device: this.author(body.record), body: { record: body.record } })];
        });
      case "POST messages":
        return this.once(room, body.client_id, () => {
          if (!staffed) throw new Problem(409, "not-taken");
          if (room.removals.length > 0) throw new Problem(409, "removal-pending");
          return [this.append(room, { kind: "message", client_id: body.client_id, device: this.author(body.record), body: { mls: body.mls, record: body.record } })];
        });
      case "POST history":
        return this.once(room, body.client_id, () => {
          const { client_id, device, ...handed } = body;
          for (const one of [device, handed.to]) if (!room.devices.includes(one)) throw new Problem(409, "conflict");
          return [this.append(room, { kind: "history", client_id, device, body: handed })];
        });
      case "POST grants":
        if (who.customer) {
          this.ownDevice(body.device, who.customer);
          return { grants: [await this.grant("join", room, who.customer, [body.device], "own device")], key_packages: [], remove: [] };
        }
        return this.grants(room, who, body);
      case "POST take":
        if (!room.byClientId.has(body.client_id) && room.assignee !== null && room.assignee !== who.staff) throw new Problem(409, "already-taken");
        return this.commit(room, who, body, () => (room.assignee = who.staff!));
      case "POST assign":
        return this.commit(room, who, body, () => (room.assignee = body.staff));
      case "POST commits":
        return this.commit(room, who, body, () => undefined);
      case "GET note-keys":
        return { items: room.noteKeys };
      case "POST note-keys":
        if (room.noteKeys.some((key) => key.number === body.number)) throw new Problem(409, "conflict");
        room.noteKeys.push(body);
        return undefined;
      case "GET notes":
        return { items: room.notes.slice(Number(url.searchParams.get("after"))) };
      case "POST notes": {
        const known = room.notes.find((note) => note.client_id === body.client_id);
        if (known) return known;
        const device = this.author(body.record);
        const note = { seq: room.notes.length + 1, client_id: body.client_id, device, statement: this.devices.get(device)!.statement, by: who.staff, at: new Date(this.now).toISOString(), record: body.record };
        room.notes.push(note);
        this.push((to) => (to.staff ? { type: "note", conversation: room.id, seq: note.seq } : null));
        return note;
      }
      default:
        throw new Problem(404, "not-found");
    }
  }

  private author(record: { header: string }): string {
    return (JSON.parse(fromUtf8(fromB64u(record.header))) as { device: string }).device;
  }

  private once(room: Room, clientId: string, work: () => LogItem[]): object {
    const known = room.byClientId.get(clientId);
    if (known) return known;
    const answer = { items: work().map(({ seq, kind, at }) => ({ seq, kind, at })) };
    room.byClientId.set(clientId, answer);
    return answer;
  }

  private commit(room: Room, who: Who, body: any, andThen: () => void): object {
    return this.once(room, body.client_id, () => {
      if (body.epoch !== room.epoch) throw new Problem(409, "epoch-conflict");
      const before = room.devices;
      room.devices = devicesIn(body.group_info);
      room.groupInfo = body.group_info;
      room.historyKeys.push(body.history_key);
      const joined = room.devices.filter((d) => !before.includes(d) || entering(body.commit) === d).map((device) => ({ device, statement: this.devices.get(device)!.statement }));
      const removed = before.filter((device) => !room.devices.includes(device));
      const stays = (device: string) => room.devices.includes(device) && !joined.some((one) => one.device === device);
      room.removals = room.removals.map((open) => ({ ...open, devices: open.devices.filter(stays) })).filter(({ devices }) => devices.length > 0);
      const mine = committerOf(body.commit, room.groupInfo);
      const owner = this.devices.get(mine);
      if (!owner || owner.revoked || owner.sub !== (who.staff ?? who.customer)) throw new Problem(422, "invalid-mls");
      const items = [this.append(room, { kind: "commit", client_id: body.client_id, device: mine, body: { mls: body.commit, joined, removed, grants: grantsIn(body.commit) } })];
      room.epoch++;
      if (body.welcome) items.push(this.append(room, { kind: "welcome", client_id: null, device: mine, body: { mls: body.welcome, devices: joined.map(({ device }) => device) } }));
      andThen();
      return items;
    });
  }

  private async grants(room: Room, who: Who, body: any): Promise<object> {
    const packages: object[] = [];
    const take = (staff: string) => {
      for (const device of this.devices.values()) {
        if (device.sub !== staff || device.revoked || room.devices.includes(device.id)) continue;
        const keyPackage = device.keyPackages.shift() ?? device.lastResort;
        if (keyPackage) packages.push({ device: device.id, statement: device.statement, key_package: keyPackage });
      }
      return packages.map((p: any) => p.device as string);
    };
    const of = (staff: string) => room.devices.filter((device) => this.devices.get(device)!.sub === staff);
    switch (body.act) {
      case "take":
      case "join":
        if (body.act === "take" && room.assignee !== null && room.assignee !== who.staff) throw new Problem(409, "already-taken");
        return { grants: [await this.grant("join", room, who.staff!, [body.device], body.reason ?? "")], key_packages: [], remove: [] };
      case "own-device": {
        if (!room.devices.includes(body.device)) {
          const beside = of(who.staff!).length > 0;
          return { grants: beside ? [await this.grant("join", room, who.staff!, [body.device], "")] : [], key_packages: [], remove: [] };
        }
        const devices = take(who.staff!);
        return { grants: devices.length ? [await this.grant("add", room, who.staff!, devices, "")] : [], key_packages: packages, remove: [] };
      }
      case "add": {
        const devices = take(body.staff);
        if (devices.length === 0) throw new Problem(409, of(body.staff).length > 0 ? "removal-pending" : "conflict");
        return { grants: [await this.grant("add", room, body.staff, devices, "")], key_packages: packages, remove: [] };
      }
      case "remove": {
        const devices = of(body.staff);
        return { grants: [await this.grant("remove", room, body.staff, devices, "")], key_packages: [], remove: devices };
      }
      default: {
        const devices = take(body.staff);
        const leaving = of(room.assignee!);
        const grants = [await this.grant("add", room, body.staff, devices, "handed over")];
        if (leaving.length > 0) grants.push(await this.grant("remove", room, room.assignee!, leaving, "handed over"));
        return { grants, key_packages: packages, remove: leaving };
      }
    }
  }

  grant(act: Grant["act"], room: { id: string }, sub: string, devices: string[], reason: string): Promise<string> {
    const iat = Math.floor(this.now / 1000);
    const kind = sub.startsWith("stf_") ? "staff" : "customer";
    return this.authority.grant({ sub, kind, act, conversation: room.id, devices, as: kind === "staff" ? "agent" : "customer", reason, by: "system", history: true, iat, exp: iat + 600 });
  }
}

function fail(status: number, code: string): never {
  throw new Problem(status, code);
}

function commitIn(commit: string) {
  const message = decodeMlsMessage(fromB64u(commit), 0)![0];
  if (message.wireformat !== "mls_public_message" || message.publicMessage.content.contentType !== "commit") throw new Problem(422, "invalid-mls");
  return message.publicMessage.content;
}

/** The device that comes in by this commit of its own; null for a member's commit. */
function entering(commit: string): string | null {
  const content = commitIn(commit);
  return content.sender.senderType === "new_member_commit" ? deviceOf(content.commit.path!.leafNode) : null;
}

function committerOf(commit: string, groupInfo: string): string {
  const { sender } = commitIn(commit);
  if (sender.senderType !== "member") return entering(commit)!;
  const node = treeOf(groupInfo)[sender.leafIndex * 2];
  return node?.nodeType === "leaf" ? deviceOf(node.leaf) : fail(422, "invalid-mls");
}

function deviceOf(leaf: { credential: unknown }): string {
  const jws = fromUtf8((leaf.credential as { identity: Uint8Array }).identity);
  return (JSON.parse(fromUtf8(fromB64u(jws.split(".")[1]!))) as DeviceStatement).device;
}

function treeOf(groupInfo: string) {
  const message = decodeMlsMessage(fromB64u(groupInfo), 0)![0];
  if (message.wireformat !== "mls_group_info") throw new Problem(422, "invalid-mls");
  return ratchetTreeFromExtension(message.groupInfo)!;
}

/** The statements in the leaves of a GroupInfo. */
export function committedStatements(groupInfo: string): string[] {
  return treeOf(groupInfo).flatMap((node) => (node?.nodeType === "leaf" ? [fromUtf8((node.leaf.credential as unknown as { identity: Uint8Array }).identity)] : []));
}

function devicesIn(groupInfo: string): string[] {
  return treeOf(groupInfo).flatMap((node) => (node?.nodeType === "leaf" ? [deviceOf(node.leaf)] : []));
}

function grantsIn(commit: string): string[] {
  return (JSON.parse(fromUtf8(commitIn(commit).authenticatedData)) as { grants: string[] }).grants;
}
