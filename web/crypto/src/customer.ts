/** The widget's way to its conversations. */
import { newClientId } from "./bytes";
import { CustomerCore, type CustomerParts, type WidgetRow, type WidgetStatus } from "./customer-core";
import { Face, type FaceParts } from "./face";
import type { CustomerProof, OwnDevice, OwnPasskeys, PasskeyQuestion, WidgetMessenger } from "./messenger";
import type { ChannelLike, CoreEvent } from "./owner";
import type { SocketLike } from "./socket";
import { Vault } from "./store";

const NAME = "wardesk-widget";
const MARKER = "wardesk-had-device";

export function openWidgetMessenger({ api }: { api: string }): CustomerFace {
  const socketUrl = new URL(`${api}/api/v1/widget/socket`, location.href);
  socketUrl.protocol = socketUrl.protocol === "http:" ? "ws:" : "wss:";
  return new CustomerFace({
    name: NAME,
    locks: navigator.locks ?? null,
    channel: new BroadcastChannel(NAME) as ChannelLike,
    start: async (emit, superseded) => {
      const vault = await Vault.open(NAME);
      vault.onSuperseded = superseded;
      const parts: CustomerParts = {
        vault,
        fetch: (input, init) => fetch(input, init),
        openSocket: (url) => new WebSocket(url) as SocketLike,
        base: api,
        socketUrl: socketUrl.href,
        now: () => Date.now(),
        marker: {
          get: () => localStorage.getItem(MARKER),
          set: (device) => (device === null ? localStorage.removeItem(MARKER) : localStorage.setItem(MARKER, device)),
        },
        persistent: async (ask) => (await (ask ? navigator.storage?.persist?.() : navigator.storage?.persisted?.())) ?? false,
      };
      return CustomerCore.start(parts, emit);
    },
  });
}

export class CustomerFace extends Face implements WidgetMessenger {
  private current: WidgetStatus = { state: "starting", connection: "connecting", name: null, organisation: "", fingerprint: null, storage: "best-effort", replyTime: null };
  private rows: { id: string; state: WidgetRow["state"]; at: string }[] = [];
  private list: WidgetRow[] = [];
  private own: OwnDevice[] = [];
  private readonly proofs = new Map<string, CustomerProof>();
  private ownPasskeys: OwnPasskeys | null = null;

  constructor(parts: FaceParts) {
    super(parts);
  }

  status(): WidgetStatus {
    return this.current;
  }

  conversations(): WidgetRow[] {
    return this.list;
  }

  devices(): OwnDevice[] {
    return this.own;
  }

  refreshDevices(): Promise<void> {
    return this.owner.call("refreshDevices");
  }

  removeDevice(device: string): Promise<void> {
    return this.owner.call("removeDevice", device);
  }

  showHistoryTo(keys: string): Promise<void> {
    return this.owner.call("showHistoryTo", keys);
  }

  open(text: string): Promise<string> {
    return this.owner.call("open", text, newClientId());
  }

  send(conversation: string, text: string): Promise<void> {
    return this.owner.call("send", conversation, text, newClientId());
  }

  retry(conversation: string, lineId: string): Promise<void> {
    return this.owner.call("retry", conversation, lineId);
  }

  discard(conversation: string, lineId: string): Promise<void> {
    return this.owner.call("discard", conversation, lineId);
  }

  markRead(conversation: string): void {
    void this.owner.call("markRead", conversation).catch(() => undefined);
  }

  typing(conversation: string): void {
    void this.owner.call("typing", conversation).catch(() => undefined);
  }

  proof(conversation: string): CustomerProof | null {
    return this.proofs.get(conversation) ?? null;
  }

  refreshProof(conversation: string): Promise<void> {
    return this.owner.call("refreshProof", conversation);
  }

  sendProofCode(conversation: string, site: string | null): Promise<void> {
    return this.owner.call("sendProofCode", conversation, site);
  }

  answerProof(conversation: string, code: string): Promise<void> {
    return this.owner.call("answerProof", conversation, code);
  }

  beginPasskeyProof(conversation: string): Promise<PasskeyQuestion<PublicKeyCredentialRequestOptionsJSON>> {
    return this.owner.call("beginPasskeyProof", conversation);
  }

  answerPasskeyProof(conversation: string, ceremony: string, answer: unknown): Promise<void> {
    return this.owner.call("answerPasskeyProof", conversation, ceremony, answer);
  }

  passkeys(): OwnPasskeys | null {
    return this.ownPasskeys;
  }

  refreshPasskeys(): Promise<void> {
    return this.owner.call("refreshPasskeys");
  }

  beginPasskey(): Promise<PasskeyQuestion<PublicKeyCredentialCreationOptionsJSON>> {
    return this.owner.call("beginPasskey");
  }

  addPasskey(ceremony: string, name: string, answer: unknown): Promise<void> {
    return this.owner.call("addPasskey", ceremony, name, answer);
  }

  removePasskey(passkey: string): Promise<void> {
    return this.owner.call("removePasskey", passkey);
  }

  identify(token: string): Promise<void> {
    return this.owner.call("identify", token);
  }

  signOut(): Promise<void> {
    return this.owner.call("signOut");
  }

  protected override receive(event: CoreEvent): void {
    switch (event.type) {
      case "status":
        this.current = event["status"] as WidgetStatus;
        this.changed();
        return;
      case "failed":
        this.current = { ...this.current, state: "unavailable" };
        this.changed();
        return;
      case "rows":
        this.rows = event["rows"] as typeof this.rows;
        this.rebuild();
        return;
      case "devices":
        this.own = event["devices"] as OwnDevice[];
        this.changed();
        return;
      case "proof":
        this.proofs.set(String(event["conversation"]), event["proof"] as CustomerProof);
        this.changed();
        return;
      case "passkeys":
        this.ownPasskeys = event["passkeys"] as OwnPasskeys | null;
        this.changed();
        return;
      case "cleared":
        this.proofs.clear();
        this.ownPasskeys = null;
        this.forgetViews();
        return;
      default:
        super.receive(event);
        this.rebuild();
    }
  }

  private rebuild(): void {
    const list = this.rows.map(({ id, state, at }): WidgetRow => {
      const seen = this.seen.get(id);
      return { id, state, lastText: seen?.preview?.body ?? null, at: seen?.preview?.at ?? at, unread: seen?.unread ?? 0 };
    });
    list.sort((a, b) => (a.at < b.at ? 1 : -1));
    if (JSON.stringify(list) === JSON.stringify(this.list)) return;
    this.list = list;
    this.changed();
  }
}
