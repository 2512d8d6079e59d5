/** For looking at the sheet while working on it and in tests: a messenger without a server. Never part of the build. */
import { type ConversationView, type CustomerProof, type Line, MessengerError, type OwnDevice, type OwnPasskeys, type Person, type WidgetMessenger } from "@wardesk/crypto/messenger";

const visitor: Person = { device: "dev_1", subject: "cus_1", kind: "customer", name: null, verified: true };
const mia: Person = { device: "dev_2", subject: "stf_1", kind: "staff", name: "Mia Berger", verified: true };
const ben: Person = { device: "dev_3", subject: "stf_2", kind: "staff", name: "Benedikt von und zu Hohenlohe-Waldenburg", verified: true };

export type Scene = "new" | "talk" | "much" | "list" | "lost" | "starting" | "closed" | "unavailable" | "further" | "asked" | "removed" | "proof" | "proof-sent" | "proof-old" | "proof-stopped" | "proof-elsewhere" | "proof-given" | "proof-passkey" | "passkeys" | "passkeys-none" | "passkeys-not-known";

export function fakeMessenger(scene: Scene): WidgetMessenger {
  const base = Date.now() - 26 * 3_600_000;
  const at = (minutes: number) => new Date(base + minutes * 60_000).toISOString();
  let seq = 0;
  const text = (from: Person, minutes: number, body: string, state: Extract<Line, { kind: "text" }>["state"] = "read", problem: string | null = null): Line => ({
    kind: "text", id: `t${++seq}`, seq, from, mine: from === visitor, at: at(minutes), body, state, problem,
  });
  const event = (name: Extract<Line, { kind: "event" }>["event"], people: Person[], minutes: number): Line => ({
    kind: "event", id: `e${++seq}`, seq, at: at(minutes), event: name, people, by: null, reason: null,
  });
  const talk: Line[] = [
    event("opened", [visitor], 0),
    text(visitor, 0, "Parcel NW-2231 never arrived. It says delivered, but nobody was at home."),
    text(visitor, 1, "The order is from last Monday."),
    event("joined", [mia], 4),
    text(mia, 5, "Hello, I am sorry about that. Let me look at the depot.\n\nYou can follow it here: https://track.example/NW-2231."),
    text(visitor, 1500, "Thank you", "read"),
    event("joined", [ben], 1510),
    text(ben, 1511, "I am from the depot. It lies here."),
    text(visitor, 1512, "Great, can you send it again?", "delivered"),
  ];
  const much: Line[] = [
    ...talk,
    ...Array.from({ length: 60 }, (_, i) => text(i % 3 === 0 ? mia : visitor, 1513 + i, "Lorem ipsum ".repeat(1 + (i % 9)))),
    text(visitor, 1580, "Averylongwordwithoutanyspaces".repeat(12), "sent"),
    { kind: "refused", id: "r1", seq: ++seq, at: at(1581), reason: "archive-mismatch" },
    event("key-changed", [mia], 1582),
    text(visitor, 1583, "This one did not go through", "failed", "rate-limited"),
    text(visitor, 1584, "And this one waits", "waiting"),
  ];
  const further: Line[] = [
    event("opened", [visitor], 0),
    { kind: "earlier", id: "earlier-2", seq: ++seq, at: at(1), count: 7, elsewhere: true },
    event("joined", [mia], 4),
    event("joined", [visitor], 1500),
    event("key-changed", [visitor], 1500),
    text(visitor, 1501, "Now I write from my laptop.", "delivered"),
  ];
  const lines = scene === "much" ? much : scene === "further" ? further : talk;
  const state = scene === "lost" ? "lost" : scene === "starting" ? "starting" : scene === "unavailable" ? "unavailable" : "ready";
  const hasRows = scene !== "new" && scene !== "lost" && scene !== "starting" && scene !== "unavailable";
  const rows: ReturnType<WidgetMessenger["conversations"]> = hasRows
    ? [
        { id: "cnv_1", state: scene === "list" || scene === "closed" ? "closed" : "open", lastText: "Great, can you send it again?", at: at(1512), unread: scene === "list" ? 2 : 0 },
        ...(scene === "list" ? [{ id: "cnv_2", state: "closed" as const, lastText: "Where do I find the invoice for my order of last year?", at: at(-90_000), unread: 0 }] : []),
      ]
    : [];
  let view: ConversationView = {
    id: "cnv_1", loaded: true, lines, members: [visitor, mia, ben],
    number: "04821 77310 55829 10047 93321 00918 27364 55102 88123 40917 66205 31874",
    member: true, staffed: true, typing: scene === "talk" ? [mia] : [], device: "dev_1", removed: scene === "removed", newcomers: scene === "asked" ? [{ device: "dev_9", keys: "dev_9|keys" }] : [],
  };
  const listeners = new Set<() => void>();
  const changed = () => listeners.forEach((listener) => listener());
  const subscribe = (listener: () => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };
  const later = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();
  const proofScene = scene.startsWith("proof");
  const byPasskey = scene === "proof-passkey";
  const sent = scene === "proof-sent" || scene === "proof-stopped" ? later(10) : scene === "proof-old" ? later(-1) : null;
  let proof: CustomerProof = {
    organisation: "Northwind",
    request: proofScene && scene !== "proof-given" ? { askedBy: "stf_1", channel: byPasskey ? "passkey" : scene === "proof-sent" ? "phone_code" : "mail_code", address: byPasskey ? null : scene === "proof-sent" ? "+49 … 89" : "m…@e….org", endsAt: later(30), here: scene !== "proof-elsewhere", codeEndsAt: sent, codesLeft: sent ? 2 : 3, triesLeft: scene === "proof-stopped" ? 0 : 5 } : null,
    proof: null,
    given: scene === "proof-given" ? [{ channel: "mail_code", provedAt: at(1511) }] : [],
  };
  const ask = (change: Partial<NonNullable<CustomerProof["request"]>>) => {
    proof = { ...proof, request: proof.request && { ...proof.request, ...change } };
    changed();
  };
  const status: ReturnType<WidgetMessenger["status"]> = {
    state, connection: scene === "much" ? "offline" : "online", name: null,
    organisation: scene === "starting" ? "" : scene === "much" ? "Northwind Trading and Overnight Parcels International AG & Co" : "Northwind",
    fingerprint: "3475 0F98 BD59 FCFC 946D A45A AABE 933B E154 A4B5", storage: "best-effort", replyTime: scene === "starting" ? null : "5 minutes",
  };
  const chrome = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36";
  const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
  let devices: OwnDevice[] = [
    { id: "dev_1", userAgent: chrome, addedAt: at(0), seenAt: at(1500), self: true, lost: false },
    ...(scene === "talk" ? [] : [
      { id: "dev_9", userAgent: firefox, addedAt: at(1400), seenAt: at(1400), self: false, lost: false },
      { id: "dev_8", userAgent: chrome, addedAt: at(-90_000), seenAt: at(-80_000), self: false, lost: true },
    ]),
  ];
  let own: OwnPasskeys = {
    passkeys: scene === "passkeys" || scene === "passkeys-not-known" ? [
      { id: "cpk_1", name: "Pixel 9", addedAt: at(-90_000), countsFrom: at(-88_000), usedAt: at(1_500), stopped: false },
      { id: "cpk_2", name: "Key on my ring, the blue one with the long name that I was given", addedAt: at(1_500), countsFrom: later(1_380), usedAt: null, stopped: false },
      { id: "cpk_3", name: "Chrome on Windows", addedAt: at(-90_000), countsFrom: at(-88_000), usedAt: null, stopped: true },
    ] : [],
    mayAdd: scene !== "passkeys-not-known",
  };
  const keep = (passkeys: OwnPasskeys["passkeys"]) => {
    own = { ...own, passkeys };
    changed();
  };
  const challenge = () => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32)))).replace(/[+/=]/g, "a");
  return {
    passkeys: () => (hasRows ? own : null),
    refreshPasskeys: async () => undefined,
    beginPasskey: async () => ({
      ceremony: "ticket",
      options: {
        rp: { name: "Northwind" }, user: { id: "Y3VzXzE", name: "Customer", displayName: "Customer" }, challenge: challenge(),
        pubKeyCredParams: [{ type: "public-key", alg: -7 }], authenticatorSelection: { userVerification: "required" },
      },
    }),
    addPasskey: async (_ceremony, name) => keep([...own.passkeys, { id: `cpk_${name}`, name, addedAt: new Date().toISOString(), countsFrom: later(1_440), usedAt: null, stopped: false }]),
    removePasskey: async (id) => keep(own.passkeys.filter((passkey) => passkey.id !== id)),
    beginPasskeyProof: async () => {
      if (!proof.request) throw new MessengerError("conflict", "over");
      return { ceremony: "ticket", options: { challenge: challenge(), userVerification: "required" } };
    },
    // Each scene of the tests says what the server says of an answer.
    answerPasskeyProof: async () => {
      const verdict = (globalThis as { verdict?: "wrong" | "copied" | "over" }).verdict;
      const left = (proof.request?.triesLeft ?? 0) - 1;
      if (verdict === "copied") keep([{ id: "cpk_9", name: "Copied", addedAt: at(0), countsFrom: at(0), usedAt: null, stopped: true }]);
      if (verdict === "wrong" && left > 0) {
        ask({ triesLeft: left });
        throw new MessengerError("invalid-fields", "wrong");
      }
      if (verdict === "copied") throw new MessengerError("conflict", "copied");
      const provedAt = new Date().toISOString();
      proof = verdict ? { ...proof, request: null } : { ...proof, request: null, proof: { channel: "passkey", provedAt, validUntil: later(15) }, given: [{ channel: "passkey", provedAt }] };
      changed();
      if (verdict) throw new MessengerError("conflict", "over");
    },
    devices: () => devices,
    refreshDevices: async () => undefined,
    removeDevice: async (id) => {
      devices = devices.filter((device) => device.id !== id);
      view = { ...view, newcomers: view.newcomers.filter(({ device }) => device !== id) };
      changed();
    },
    showHistoryTo: async (id) => {
      view = { ...view, newcomers: view.newcomers.filter(({ keys }) => keys !== id) };
      changed();
    },
    subscribe,
    status: () => status,
    conversations: () => rows,
    follow: (_id, listener) => subscribe(listener),
    view: () => view,
    open: async () => "cnv_1",
    send: async (_id, body) => {
      view = { ...view, lines: [...view.lines, { ...text(visitor, 1600, body, "sending"), at: new Date().toISOString() }] };
      changed();
    },
    retry: async () => undefined,
    discard: async () => undefined,
    markRead: () => undefined,
    typing: () => undefined,
    proof: () => (hasRows ? proof : null),
    refreshProof: async () => undefined,
    sendProofCode: async () => ask({ codeEndsAt: later(10), codesLeft: (proof.request?.codesLeft ?? 1) - 1 }),
    answerProof: async (_id, code) => {
      const left = (proof.request?.triesLeft ?? 0) - 1;
      if (code === "123456") {
        const provedAt = new Date().toISOString();
        proof = { ...proof, request: null, proof: { channel: "mail_code", provedAt, validUntil: later(15) }, given: [{ channel: "mail_code", provedAt }] };
        return changed();
      }
      if (left > 0) ask({ triesLeft: left });
      else {
        proof = { ...proof, request: null };
        changed();
      }
      throw left > 0 ? new MessengerError("invalid-fields", "wrong") : new MessengerError("conflict", "the last try");
    },
    identify: async () => undefined,
    signOut: async () => undefined,
  };
}
