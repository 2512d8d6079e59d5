/** The socket: a faster way than asking. It comes back by itself; nothing is ever lost with it, because the log is asked. */

export interface SocketLike {
  send(text: string): void;
  close(): void;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
  onerror: (() => void) | null;
}

export type OpenSocket = (url: string) => SocketLike;
export type Connection = "online" | "connecting" | "offline";
export type ServerFrame = { type: string } & Record<string, unknown>;

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
const PING_MS = 25_000;
const SILENCE_MS = 60_000;

export class Socket {
  private current: SocketLike | null = null;
  private failures = 0;
  private retry: ReturnType<typeof setTimeout> | null = null;
  private beat: ReturnType<typeof setInterval> | null = null;
  private heardAt = 0;
  private stopped = true;
  connection: Connection = "offline";

  constructor(
    private readonly url: string,
    private readonly open: OpenSocket,
    /** The first frame, where the protocol wants one (widget). */
    private readonly hello: () => ServerFrame | null,
    private readonly onFrame: (frame: ServerFrame) => void,
    private readonly onConnection: (connection: Connection) => void,
  ) {}

  start(): void {
    if (!this.stopped) return;
    this.stopped = false;
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    if (this.retry !== null) clearTimeout(this.retry);
    this.retry = null;
    this.drop();
    this.become("offline");
  }

  /** The browser says the network is back: no need to wait the delay out. */
  wake(): void {
    if (this.stopped || this.current !== null) return;
    if (this.retry !== null) clearTimeout(this.retry);
    this.failures = 0;
    this.connect();
  }

  send(frame: ServerFrame): void {
    if (this.connection === "online") this.current?.send(JSON.stringify(frame));
  }

  private connect(): void {
    this.retry = null;
    this.become("connecting");
    let socket: SocketLike;
    try {
      socket = this.open(this.url);
    } catch {
      this.later();
      return;
    }
    this.current = socket;
    this.heardAt = Date.now();
    socket.onopen = () => {
      const hello = this.hello();
      if (hello) socket.send(JSON.stringify(hello));
    };
    socket.onmessage = (event) => {
      this.heardAt = Date.now();
      let frame: ServerFrame;
      try {
        frame = JSON.parse(String(event.data)) as ServerFrame;
      } catch {
        return;
      }
      if (frame.type === "ready") {
        this.failures = 0;
        this.become("online");
      }
      if (frame.type !== "pong") this.onFrame(frame);
    };
    const lost = () => {
      if (this.current !== socket) return;
      this.drop();
      this.later();
    };
    socket.onclose = lost;
    socket.onerror = lost;
    this.beat = setInterval(() => {
      // A socket can be dead without saying so, after sleep for example.
      if (Date.now() - this.heardAt > SILENCE_MS) lost();
      else this.send({ type: "ping" });
    }, PING_MS);
  }

  private later(): void {
    if (this.stopped) return;
    this.become("offline");
    const ceiling = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.failures++);
    // Full jitter: a restarted server must not be met by everybody at once.
    this.retry = setTimeout(() => this.connect(), ceiling * (0.5 + Math.random() / 2));
  }

  private drop(): void {
    if (this.beat !== null) clearInterval(this.beat);
    this.beat = null;
    const socket = this.current;
    this.current = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
    socket.close();
  }

  private become(connection: Connection): void {
    if (this.connection === connection) return;
    this.connection = connection;
    this.onConnection(connection);
  }
}
