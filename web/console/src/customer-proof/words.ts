import type { ProofChannel, ProofObstacle, StaffProof } from "@wardesk/api";
import { t } from "../i18n";

export const by = (channel: ProofChannel) => t(`proof.by.${channel}`);

/** What is in the way of a proof, and what to do about it. Passkeys need no setting up, and nothing is sent to them. */
export function obstacle(channel: ProofChannel, what: ProofObstacle): string {
  return channel === "passkey" ? t(`proof.obstacle.passkey.${what === "held" ? "held" : "nothing_on_file"}`) : t(`proof.obstacle.${channel}.${what}`);
}

export type Standing =
  | { state: "proved"; proof: NonNullable<StaffProof["proof"]> }
  | { state: "waiting" | "failed" | "ended" | "expired"; request: StaffProof["requests"][number] }
  | { state: "none" };

/** How it stands at a moment. What waits or failed comes first; a proof that still counts is shown beside it. */
export function standing(known: StaffProof, now: number): Standing {
  const request = known.requests.at(-1);
  const proof = proofAt(known, now);
  if (request && request.state === "asked" && Date.parse(request.ends_at) > now) return { state: "waiting", request };
  if (request?.state === "failed") return { state: "failed", request };
  if (proof) return { state: "proved", proof };
  if (!request) return { state: "none" };
  return { state: request.state === "proved" ? "expired" : "ended", request };
}

/** The proof that counts at a moment. */
export function proofAt(known: StaffProof | undefined, now: number): StaffProof["proof"] {
  return known?.proof && Date.parse(known.proof.valid_until) > now ? known.proof : null;
}

export interface ProofLine {
  kind: "proof";
  id: string;
  at: string;
  text: string;
  tone?: "amber";
}

/** What stands in the flow of a conversation about proofs. */
export function proofLines(known: StaffProof, nameOf: (staff: string) => string): ProofLine[] {
  return known.requests.flatMap((request): ProofLine[] => [
    { kind: "proof", id: `${request.id}:asked`, at: request.asked_at, text: t("proof.line.asked", { name: nameOf(request.asked_by), by: by(request.channel) }) },
    ...(request.proved_at ? [{ kind: "proof" as const, id: `${request.id}:proved`, at: request.proved_at, text: t("proof.line.proved", { by: by(request.channel), strength: t(`proof.strength.${request.channel}`) }) }] : []),
    ...(request.failed_at ? [{ kind: "proof" as const, id: `${request.id}:failed`, at: request.failed_at, text: t("proof.line.failed", { by: by(request.channel) }), tone: "amber" as const }] : []),
  ]);
}
