import type { ProofChannel, StaffProof } from "@wardesk/api";
import * as data from "./data";

/** How proofs stand in the conversation of the harness. */
export type ProofScene = "none" | "waiting" | "proved" | "failed" | "ended" | "obstacles" | "stopped" | "by-passkey";

const WAYS: StaffProof["ways"] = [
  { channel: "mail_code", strength: "weak_to_medium", obstacle: null },
  { channel: "phone_code", strength: "medium", obstacle: null },
  { channel: "passkey", strength: "strong", obstacle: null },
];

type Request = StaffProof["requests"][number];

export function request(state: Request["state"], change: Partial<Request> = {}): Request {
  return { id: data.id("prf", 1), state, channel: "mail_code", asked_by: data.ME.id, asked_at: data.before(5), ends_at: data.before(state === "ended" ? 1 : -25), proved_at: null, failed_at: null, ...change };
}

export function proofOf(scene: ProofScene, mine: boolean): StaffProof {
  const ways = mine ? WAYS : [];
  switch (scene) {
    case "none":
      return { requests: [], proof: null, ways };
    case "obstacles":
      return { requests: [], proof: null, ways: mine ? [{ ...WAYS[0]!, obstacle: "held" }, { ...WAYS[1]!, obstacle: "not_set_up" }, { ...WAYS[2]!, obstacle: "nothing_on_file" }] : [] };
    case "stopped":
      return { requests: [request("failed", { failed_at: data.before(1) })], proof: null, ways: ways.map((way) => ({ ...way, obstacle: way.channel === "passkey" ? null : "too_many_wrong" })) };
    case "proved":
      return {
        requests: [request("proved", { channel: "phone_code", proved_at: data.before(2) })],
        proof: { channel: "phone_code", strength: "medium", proved_at: data.before(2), valid_until: data.before(-13) }, ways,
      };
    case "by-passkey":
      return {
        requests: [request("proved", { channel: "passkey", proved_at: data.before(2) })],
        proof: { channel: "passkey", strength: "strong", proved_at: data.before(2), valid_until: data.before(-13) }, ways,
      };
    case "failed":
      return { requests: [request("failed", { failed_at: data.before(1) })], proof: null, ways };
    default:
      return { requests: [request(scene === "waiting" ? "asked" : "ended")], proof: null, ways };
  }
}

export function asked(known: StaffProof, channel: ProofChannel): StaffProof {
  return { ...known, requests: [...known.requests, request("asked", { id: data.id("prf", known.requests.length + 1), channel, asked_at: data.before(0), ends_at: data.before(-30) })] };
}
