/** The customer's own passkeys, as the server last told. */
import type { Api } from "./api";
import type { OwnPasskey, OwnPasskeys, PasskeyQuestion } from "./messenger";

interface Served {
  id: string;
  name: string;
  created_at: string;
  counts_from: string;
  last_used_at: string | null;
  stopped: boolean;
}

const PATH = "/api/v1/widget/passkeys";

export class CustomerPasskeys {
  private known: OwnPasskeys | null = null;
  private asked = 0;

  constructor(
    private readonly api: Api,
    private readonly changed: (known: OwnPasskeys | null) => void,
  ) {}

  get(): OwnPasskeys | null {
    return this.known;
  }

  forget(): void {
    this.asked++;
    this.take(null);
  }

  async refresh(): Promise<void> {
    const turn = ++this.asked;
    const served = await this.api.get<{ passkeys: Served[]; may_add: boolean }>(PATH);
    // Of two answers the later question's counts: in between the website may have vouched for the customer.
    if (turn === this.asked) this.take({ passkeys: served.passkeys.map(taken), mayAdd: served.may_add });
  }

  begin(): Promise<PasskeyQuestion<PublicKeyCredentialCreationOptionsJSON>> {
    return this.act(() => this.api.post(`${PATH}/options`, {}));
  }

  async add(ceremony: string, name: string, answer: unknown): Promise<void> {
    const added = await this.act(() => this.api.post<Served>(PATH, { ceremony, name, answer }));
    if (this.known) this.take({ ...this.known, passkeys: [...this.known.passkeys, taken(added)] });
  }

  async remove(id: string): Promise<void> {
    await this.act(() => this.api.delete(`${PATH}/${id}`));
    if (this.known) this.take({ ...this.known, passkeys: this.known.passkeys.filter((passkey) => passkey.id !== id) });
  }

  /** A refusal may mean that it stands otherwise than was known here. */
  private async act<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      await this.refresh().catch(() => undefined);
      throw error;
    }
  }

  private take(known: OwnPasskeys | null): void {
    if (JSON.stringify(known) === JSON.stringify(this.known)) return;
    this.known = known;
    this.changed(known);
  }
}

function taken({ id, name, created_at, counts_from, last_used_at, stopped }: Served): OwnPasskey {
  return { id, name, addedAt: created_at, countsFrom: counts_from, usedAt: last_used_at, stopped };
}
