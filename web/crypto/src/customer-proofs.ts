/** What the customer is asked to prove, as the server last told. Codes pass through and are kept nowhere. */
import type { Api } from "./api";
import type { CustomerProof, PasskeyQuestion, ProofChannel } from "./messenger";

interface Served {
  organisation: string;
  request: { asked_by: string; channel: ProofChannel; address: string | null; ends_at: string; here: boolean; code_ends_at: string | null; codes_left: number; tries_left: number } | null;
  proof: { channel: ProofChannel; proved_at: string; valid_until: string } | null;
  given: { channel: ProofChannel; proved_at: string }[];
}

export class CustomerProofs {
  private readonly known = new Map<string, CustomerProof>();

  constructor(
    private readonly api: Api,
    private readonly changed: (conversation: string, proof: CustomerProof) => void,
  ) {}

  get(conversation: string): CustomerProof | null {
    return this.known.get(conversation) ?? null;
  }

  all(): [string, CustomerProof][] {
    return [...this.known];
  }

  forget(): void {
    this.known.clear();
  }

  async refresh(conversation: string): Promise<void> {
    this.take(conversation, await this.api.get<Served>(pathOf(conversation)));
  }

  /** Asks again where something may have been missed. */
  refreshAll(): void {
    for (const conversation of this.known.keys()) void this.refresh(conversation).catch(() => undefined);
  }

  /** Who asked may have given the conversation away, and with it the request. */
  refreshWaiting(conversation: string): void {
    if (this.known.get(conversation)?.request) void this.refresh(conversation).catch(() => undefined);
  }

  sendCode(conversation: string, site: string | null): Promise<void> {
    return this.act(conversation, "code", { site });
  }

  answer(conversation: string, code: string): Promise<void> {
    return this.act(conversation, "answer", { code });
  }

  async beginPasskey(conversation: string): Promise<PasskeyQuestion<PublicKeyCredentialRequestOptionsJSON>> {
    try {
      return await this.api.post(`${pathOf(conversation)}/passkey/options`, {});
    } catch (error) {
      await this.refresh(conversation).catch(() => undefined);
      throw error;
    }
  }

  answerPasskey(conversation: string, ceremony: string, answer: unknown): Promise<void> {
    return this.act(conversation, "passkey", { ceremony, answer });
  }

  /** Also a refusal changes how it stands: a try is counted, a request over. */
  private async act(conversation: string, what: string, body: object): Promise<void> {
    try {
      this.take(conversation, await this.api.post<Served>(`${pathOf(conversation)}/${what}`, body));
    } catch (error) {
      await this.refresh(conversation).catch(() => undefined);
      throw error;
    }
  }

  private take(conversation: string, served: Served): void {
    const { request, proof } = served;
    const taken: CustomerProof = {
      organisation: served.organisation,
      request: request && {
        askedBy: request.asked_by,
        channel: request.channel,
        address: request.address,
        endsAt: request.ends_at,
        here: request.here,
        codeEndsAt: request.code_ends_at,
        codesLeft: request.codes_left,
        triesLeft: request.tries_left,
      },
      proof: proof && { channel: proof.channel, provedAt: proof.proved_at, validUntil: proof.valid_until },
      given: served.given.map(({ channel, proved_at }) => ({ channel, provedAt: proved_at })),
    };
    if (JSON.stringify(taken) === JSON.stringify(this.known.get(conversation))) return;
    this.known.set(conversation, taken);
    this.changed(conversation, taken);
  }
}

function pathOf(conversation: string): string {
  return `/api/v1/widget/conversations/${conversation}/proof`;
}
