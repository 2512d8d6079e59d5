/** Devices of a team that share folders through a server in memory, which may also be evil. */
import "fake-indexeddb/auto";
import { beforeEach, describe, expect, it } from "vitest";
import { Api } from "../src/api";
import { b64u, newId } from "../src/bytes";
import { generateSignatureKey } from "../src/ed25519";
import { generateSealingKey } from "../src/hpke";
import { Trust } from "../src/statements";
import { Vault } from "../src/store";
import { TeamVaultCore } from "../src/team-vault-core";
import { Authority } from "./authority";

const NOW = 1_790_000_000;
const [LEA, BEN, ZOE] = ["1", "2", "3"].map((digit) => `stf_${digit.repeat(32)}`) as [string, string, string];
type Json = Record<string, any>;

interface Version { version: number; key_version: number; wrapped: string; list: string; secret: string }

/** What the server keeps, by the rules of docs/PROTOCOL.md. */
class Town {
  devices: { device: string; staff: string; statement: string }[] = [];
  members = new Set<string>();
  folder: Json | null = null;
  keys: Json[] = [];
  shares = new Map<string, string>();
  entries = new Map<string, Version[]>();
  requests: string[] = [];
  bodies = "";
  /** Changes an answer on its way. */
  twist: (path: string, answer: any) => any = (_, answer) => answer;

  fetch = async (url: string, init: RequestInit, staff: string): Promise<Response> => {
    const [path = "", query = ""] = url.split("?");
    this.requests.push(`${init.method} ${path}`);
    this.bodies += String(init.body ?? "");
    const answer = this.twist(path, this.answer(String(init.method), path, new URLSearchParams(query), init.body ? JSON.parse(String(init.body)) : null, staff));
    if (answer?.status) return new Response(JSON.stringify(answer), { status: answer.status });
    return answer === undefined ? new Response(null, { status: 204 }) : new Response(JSON.stringify(answer));
  };

  private show(device: string): Json {
    const key = this.keys.at(-1)!;
    const members = this.devices.filter((one) => this.members.has(one.staff));
    const has = (one: string) => this.shares.has(`${key["version"]}/${one}`);
    const unmoved = [...this.entries.values()].flat().filter((one) => one.key_version < key["version"]).length;
    return {
      ...this.folder, key, share: this.shares.get(`${key["version"]}/${device}`) ?? null, previous: unmoved > 0 ? key["previous"] : null,
      rekey: this.devices.some((one) => has(one.device) && !this.members.has(one.staff)), unmoved, entries: this.entries.size, due: 0, rotate: 0, role: "change", team: null, team_role: "change",
      members: [...this.members].map((staff) => ({ staff, name: staff, role: "change", named: true })), devices: members, waiting: members.filter((one) => !has(one.device)),
    };
  }

  private answer(method: string, path: string, query: URLSearchParams, body: Json | null, staff: string): unknown {
    if (!this.members.has(staff)) return path.endsWith("/folders") ? { items: [] } : { status: 404, code: "not-found" };
    const rest = path.replace("/api/v1/team-vault/", "").split("/");
    const tail = `${method} ${rest[0]}${rest[2] ? `/${rest[2]}` : ""}`;
    switch (tail) {
      case "GET folders":
        return { items: this.folder ? [this.show(query.get("device")!)] : [] };
      case "POST folders":
        this.folder = { id: body!["id"], name: body!["name"] };
        this.take(1, body!["key"], null);
        return this.show(body!["key"].device);
      case "POST folders/keys":
        this.folder!["name"] = body!["name"];
        this.take(body!["version"], body!["key"], body!["previous"]);
        return this.show(body!["key"].device);
      case "POST folders/shares":
        for (const { device, sealed } of body!["shares"]) this.shares.set(`${body!["version"]}/${device}`, sealed);
        return undefined;
      case "DELETE folders/shares":
        this.shares.delete(`${this.keys.at(-1)!["version"]}/${rest[3]}`);
        return undefined;
      case "GET folders/moves":
        return { items: [...this.entries].flatMap(([entry, all]) => all.filter((one) => one.key_version < this.keys.at(-1)!["version"]).map(({ version, wrapped }) => ({ entry, version, wrapped }))) };
      case "POST folders/moves":
        for (const { entry, version, wrapped } of body!["items"]) Object.assign(this.entries.get(entry)!.find((one) => one.version === version)!, { wrapped, key_version: body!["key_version"] });
        return undefined;
      case "POST folders/entries":
        for (const { id, ...parts } of body!["entries"]) this.entries.set(id, [{ ...parts, version: 1, key_version: body!["key_version"] }]);
        return undefined;
      case "GET folders/entries":
        return { items: [...this.entries].map(([id, all]) => ({ id, ...all.at(-1)!, secret: undefined })), next: null };
      case "PUT entries":
        this.entries.get(rest[1]!)!.push({ ...(body as unknown as Version) });
        return {};
      case "POST entries/open": {
        const all = this.entries.get(rest[1]!)!;
        return body!["version"] === null ? all.at(-1) : all.find((one) => one.version === body!["version"]);
      }
      default:
        throw new Error(tail);
    }
  }

  private take(version: number, { shares, ...key }: Json, previous: string | null) {
    const maker = this.devices.find((one) => one.device === key["device"])!;
    this.keys.push({ ...key, version, previous, statement: maker.statement });
    for (const { device, sealed } of shares) this.shares.set(`${version}/${device}`, sealed);
  }
}

let town: Town;
let authority: Authority;
let stores = 0;

async function enrolled(staff: string, digit: string): Promise<TeamVaultCore> {
  const [mls, hpke] = await Promise.all([generateSignatureKey(), generateSealingKey()]);
  const device = `dev_${digit.repeat(32)}`;
  const keys = { mls_key: b64u(mls.publicKey), hpke_key: b64u(hpke.publicKey) };
  const statement = await authority.device({ sub: staff, kind: "staff", name: null, device, ...keys, teams: [], iat: NOW, exp: NOW + 600 });
  town.devices.push({ device, staff, statement });
  const vault = await Vault.open(`team-vault-core-${++stores}`);
  const api = new Api("", (url, init) => town.fetch(url, init, staff));
  return new TeamVaultCore({ api, store: await vault.unlock(new Uint8Array(0)), trust: await Trust.of(authority.keys()), me: { device, subject: staff, name: null, statement, mls, hpke }, now: () => NOW * 1000 });
}

const parts = (title: string, secret: string) => ({ id: newId("ent", NOW * 1000), list: { title, login: "desk", url: "" }, secret: { secret, notes: "" }, dueOn: null });

describe("a folder of the team vault", () => {
  let lea: TeamVaultCore;
  let ben: TeamVaultCore;
  let folder: string;

  beforeEach(async () => {
    authority = await Authority.create();
    town = new Town();
    for (const staff of [LEA, BEN]) town.members.add(staff);
    [lea, ben] = [await enrolled(LEA, "a"), await enrolled(BEN, "b")];
    folder = newId("fol", NOW * 1000);
    await lea.makeFolder({ name: "Carriers", team: null, teamRole: "change", members: [] }, folder);
    await lea.add(folder, [parts("Parcel portal", "first-secret"), parts("Depot", "second-secret")]);
  });

  it("waits on a colleague's device until one that has the key looks, and opens then", async () => {
    expect(await ben.folders()).toMatchObject([{ state: "waiting", name: null }]);
    await lea.folders();
    expect(await ben.folders()).toMatchObject([{ state: "open", name: "Carriers" }]);
    const [first] = await ben.entries(folder);
    expect(first!.list!.title).toBe("Parcel portal");
    expect((await ben.open(folder, first!.id, null)).secret.secret).toBe("first-secret");
    await ben.change(folder, first!.id, { list: first!.list!, secret: { secret: "third-secret", notes: "" }, dueOn: null, version: 2, newSecret: true });
    expect((await lea.open(folder, first!.id, null)).secret.secret).toBe("third-secret");
    expect((await lea.open(folder, first!.id, 1)).secret.secret).toBe("first-secret");
    for (const clear of ["Carriers", "Parcel", "first-secret", "third-secret", "desk\""]) expect(town.bodies).not.toContain(clear);
  });

  it("gets a new key by the next member who looks after somebody left, and everything still opens", async () => {
    await lea.folders();
    await ben.folders();
    const before = new Map([...town.entries].map(([id, all]) => [id, all[0]!.wrapped]));
    town.members.delete(BEN);
    expect(await lea.folders()).toMatchObject([{ state: "open", name: "Carriers", rekey: false, moving: false }]);
    expect(town.keys).toHaveLength(2);
    for (const [id, [version]] of town.entries) expect(version).toMatchObject({ key_version: 2, wrapped: expect.not.stringContaining(before.get(id)!) });
    expect([...town.shares.keys()].filter((place) => place.startsWith("2/"))).toEqual([`2/dev_${"a".repeat(32)}`]);
    const [first] = await lea.entries(folder);
    expect((await lea.open(folder, first!.id, null)).secret.secret).toBe("first-secret");
    const again = town.requests.length;
    await lea.folders();
    expect(town.requests.slice(again)).toEqual(["GET /api/v1/team-vault/folders"]);
  });

  it("discards a share that is not the key, and opens when another member's device has sealed it anew", async () => {
    await enrolled(ZOE, "c");
    town.members.add(ZOE);
    await lea.folders();
    const bens = `1/dev_${"b".repeat(32)}`;
    // Whoever is a member can seal anything to Ben's device: here, what was sealed to Zoe's.
    town.shares.set(bens, town.shares.get(`1/dev_${"c".repeat(32)}`)!);
    expect(await ben.folders()).toMatchObject([{ state: "refused", name: null }]);
    expect(town.requests.at(-1)).toBe(`DELETE /api/v1/team-vault/folders/${folder}/shares/dev_${"b".repeat(32)}`);
    expect(await ben.folders()).toMatchObject([{ state: "waiting" }]);
    await lea.folders();
    expect(await ben.folders()).toMatchObject([{ state: "open", name: "Carriers" }]);
  });

  it("discards a share of one key three times and no more", async () => {
    const bens = `1/dev_${"b".repeat(32)}`;
    for (let look = 0; look < 5; look++) {
      town.shares.set(bens, town.shares.get(`1/dev_${"a".repeat(32)}`)!);
      expect(await ben.folders()).toMatchObject([{ state: "refused" }]);
    }
    expect(town.requests.filter((one) => one.startsWith("DELETE "))).toHaveLength(3);
  });

  it("keeps a share whose maker does not check: that is no colleague's doing", async () => {
    await lea.folders();
    town.twist = (path, answer) => (path.endsWith("/folders") && answer?.items ? { items: answer.items.map((one: Json) => ({ ...one, key: { ...one["key"], at: one["key"].at + 1 } })) } : answer);
    expect(await ben.folders()).toMatchObject([{ state: "refused" }]);
    expect(town.requests.filter((one) => one.startsWith("DELETE "))).toEqual([]);
  });

  it("finishes a re-key that another device began and did not end", async () => {
    await lea.folders();
    await ben.folders();
    town.members.delete(BEN);
    const whole = town.fetch;
    town.fetch = (url, init, staff) => (url.endsWith("/moves") ? Promise.reject(new Error("cut")) : whole(url, init, staff));
    await lea.folders().catch(() => undefined);
    expect(town.keys).toHaveLength(2);
    town.fetch = whole;
    expect(await lea.folders()).toMatchObject([{ moving: false }]);
    expect((await lea.entries(folder)).map((one) => one.list?.title)).toEqual(["Parcel portal", "Depot"]);
  });

  it("is handed to nobody whom the folder does not show as a member, whatever device the server names", async () => {
    await enrolled(ZOE, "c");
    const zoe = town.devices.at(-1)!;
    town.twist = (path, answer) => (path.endsWith("/folders") && answer?.items ? { items: answer.items.map((one: Json) => ({ ...one, waiting: [...one["waiting"], zoe, { ...zoe, staff: BEN }] })) } : answer);
    await lea.folders();
    expect([...town.shares.keys()].filter((place) => place.endsWith(zoe.device))).toEqual([]);
    expect([...town.shares.keys()]).toContain(`1/dev_${"b".repeat(32)}`);
  });

  it("is closed when the server shows an older version, a swapped entry or an older key than were seen", async () => {
    const [first, second] = await lea.entries(folder);
    await lea.change(folder, first!.id, { list: first!.list!, secret: { secret: "new", notes: "" }, dueOn: null, version: 2, newSecret: true });
    await lea.entries(folder);
    const all = town.entries.get(first!.id)!;
    const newest = all.pop()!;
    await expect(lea.entries(folder)).rejects.toMatchObject({ why: "rolled-back" });
    await expect(lea.open(folder, first!.id, null)).rejects.toMatchObject({ why: "rolled-back" });
    all.push({ ...town.entries.get(second!.id)![0]!, version: 2 });
    expect((await lea.entries(folder))[0]!.list, "shown as what does not open").toBeNull();
    await expect(lea.open(folder, first!.id, null)).rejects.toMatchObject({ why: "ciphertext" });
    all[1] = newest;
    await lea.folders();
    town.members.delete(BEN);
    expect(await lea.folders()).toMatchObject([{ state: "open" }]);
    expect(town.keys.pop()).toMatchObject({ version: 2 });
    expect(await lea.folders(), "the key that Ben has").toMatchObject([{ state: "refused", name: null }]);
    await expect(lea.add(folder, [parts("Late", "late")])).rejects.toMatchObject({ code: "no-key" });
  });

  it("is sent in requests that are small enough", async () => {
    const large = Array.from({ length: 12 }, (_, n) => parts(`Entry ${n}`, "x".repeat(40_000)));
    const before = town.requests.length;
    await lea.add(folder, large);
    expect(town.requests.slice(before).filter((one) => one.endsWith("/entries")).length).toBe(3);
    expect((await lea.entries(folder)).length).toBe(14);
  });
});
