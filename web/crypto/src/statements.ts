/** What the organisation key vouches for: device statements and grants, as compact JWS with EdDSA. */
import { type Bytes, concat, fromB64u, fromUtf8, hex, sha256, utf8 } from "./bytes";
import { verify } from "./ed25519";

export interface DeviceStatement {
  iss: string;
  sub: string;
  kind: "staff" | "customer";
  name: string | null;
  device: string;
  mls_key: string;
  hpke_key: string;
  teams: string[];
  iat: number;
  exp: number;
}

/** A device by its keys: who has the same id and other keys is another one. */
export function byKeys({ device, mls_key, hpke_key }: DeviceStatement): string {
  return `${device}|${mls_key}|${hpke_key}`;
}

export interface Grant {
  iss: string;
  sub: string;
  kind: "staff" | "customer";
  act: "join" | "add" | "remove";
  conversation: string;
  devices: string[];
  as: "agent" | "colleague" | "customer";
  reason: string;
  by: string;
  history: boolean;
  iat: number;
  exp: number;
}

export interface OrganisationKey {
  kid: string;
  public_key: string;
  /** Since when it signs (RFC 3339). */
  from?: string;
  signed_by_previous?: string | null;
}

export class StatementRefused extends Error {
  constructor(readonly why: "form" | "type" | "key" | "signature" | "issuer" | "time" | "content") {
    super(`statement refused: ${why}`);
  }
}

export const DEVICE_TYPE = "wardesk-device+jws";
export const GRANT_TYPE = "wardesk-grant+jws";

/** Clocks differ: what was signed a moment ago may lie a moment ahead. */
export const CLOCK_SKEW_SECONDS = 60;
const MAX_STATEMENT_LENGTH = 16_384;

export async function keyId(publicKey: Uint8Array): Promise<string> {
  return hex((await sha256(publicKey)).slice(0, 16));
}

/** The keys this device trusts, and what they say. */
export class Trust {
  private readonly checked = new Map<string, unknown>();

  private constructor(
    private readonly keys: Map<string, Bytes>,
    /** The organisation's name in `iss`; fixed by the first statement about this device. */
    private issuer: string | null,
  ) {}

  static async of(keys: OrganisationKey[], issuer: string | null = null): Promise<Trust> {
    const map = new Map<string, Bytes>();
    for (const key of keys) {
      const raw = fromB64u(key.public_key);
      if ((await keyId(raw)) !== key.kid) throw new StatementRefused("key");
      map.set(key.kid, raw);
    }
    return new Trust(map, issuer);
  }

  pinIssuer(issuer: string): void {
    this.issuer = issuer;
  }

  /** `at`: seconds since the epoch at which the statement must have been valid; null checks all but the time. */
  async device(jws: string, at: number | null): Promise<DeviceStatement> {
    const payload = (await this.verified(jws, DEVICE_TYPE)) as DeviceStatement;
    const wellFormed =
      typeof payload.iss === "string" &&
      (payload.kind === "staff" || payload.kind === "customer") &&
      typeof payload.sub === "string" &&
      payload.sub.startsWith(payload.kind === "staff" ? "stf_" : "cus_") &&
      (payload.name === null || typeof payload.name === "string") &&
      /^dev_[0-9a-f]{32}$/.test(payload.device) &&
      isKey(payload.mls_key) &&
      isKey(payload.hpke_key) &&
      isTexts(payload.teams) &&
      Number.isInteger(payload.iat) &&
      Number.isInteger(payload.exp);
    if (!wellFormed) throw new StatementRefused("content");
    this.checkIssuerAndTime(payload, at);
    return payload;
  }

  async grant(jws: string, at: number | null): Promise<Grant> {
    const payload = (await this.verified(jws, GRANT_TYPE)) as Grant;
    const wellFormed =
      typeof payload.iss === "string" &&
      typeof payload.sub === "string" &&
      (payload.act === "join" || payload.act === "add" || payload.act === "remove") &&
      typeof payload.conversation === "string" &&
      isTexts(payload.devices) &&
      typeof payload.by === "string" &&
      Number.isInteger(payload.iat) &&
      Number.isInteger(payload.exp);
    if (!wellFormed) throw new StatementRefused("content");
    this.checkIssuerAndTime(payload, at);
    return payload;
  }

  private checkIssuerAndTime(payload: { iss: string; iat: number; exp: number }, at: number | null): void {
    if (this.issuer !== null && payload.iss !== this.issuer) throw new StatementRefused("issuer");
    if (at !== null && (at < payload.iat - CLOCK_SKEW_SECONDS || at >= payload.exp)) throw new StatementRefused("time");
  }

  private async verified(jws: string, type: string): Promise<unknown> {
    // Signatures are checked once; a group asks about the same statements again and again.
    const known = this.checked.get(`${type} ${jws}`);
    if (known !== undefined) return known;
    if (typeof jws !== "string" || jws.length > MAX_STATEMENT_LENGTH) throw new StatementRefused("form");
    const parts = jws.split(".");
    if (parts.length !== 3) throw new StatementRefused("form");
    const [head, body, signature] = parts as [string, string, string];
    let header: { alg?: unknown; kid?: unknown; typ?: unknown; crit?: unknown };
    let payload: unknown;
    let signatureBytes: Bytes;
    try {
      header = JSON.parse(fromUtf8(fromB64u(head)));
      payload = JSON.parse(fromUtf8(fromB64u(body)));
      signatureBytes = fromB64u(signature);
    } catch {
      throw new StatementRefused("form");
    }
    if (typeof header !== "object" || header === null || typeof payload !== "object" || payload === null) throw new StatementRefused("form");
    if (header.alg !== "EdDSA" || header.typ !== type || header.crit !== undefined) throw new StatementRefused("type");
    const key = typeof header.kid === "string" ? this.keys.get(header.kid) : undefined;
    if (key === undefined) throw new StatementRefused("key");
    if (!(await verify(key, utf8(`${head}.${body}`), signatureBytes))) throw new StatementRefused("signature");
    this.checked.set(`${type} ${jws}`, payload);
    return payload;
  }
}

/**
 * Which of the served keys may be added to the pinned ones: a new key counts only when a pinned one signed it.
 * At the first contact everything is pinned; the printed fingerprint is what a person compares.
 */
export async function extendPinned(pinned: OrganisationKey[], served: OrganisationKey[]): Promise<OrganisationKey[]> {
  if (pinned.length === 0) return oldestFirst(served);
  const result = [...pinned];
  // Oldest first, so that each key finds the one that signed it, also after several rotations.
  for (const key of oldestFirst(served)) {
    if (result.some((known) => known.kid === key.kid && known.public_key === key.public_key)) continue;
    if (key.signed_by_previous == null) continue;
    const message = concat(utf8("wardesk-organisation-key-v1"), new Uint8Array(1), fromB64u(key.public_key));
    for (const known of result) {
      if (await verify(fromB64u(known.public_key), message, fromB64u(key.signed_by_previous))) {
        result.push(key);
        break;
      }
    }
  }
  return result;
}

function oldestFirst(keys: OrganisationKey[]): OrganisationKey[] {
  return keys.toSorted((a, b) => (a.from ?? "").localeCompare(b.from ?? ""));
}

function isKey(value: unknown): boolean {
  try {
    return typeof value === "string" && fromB64u(value).length === 32;
  } catch {
    return false;
  }
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
