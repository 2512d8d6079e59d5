import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { until } from "./server";

/** A mail as the server handed it over. */
export interface Mail {
  to: string;
  /** Head and body as they came, with lines put together that were folded on the way. */
  text: string;
}

/** A mail server (RFC 5321) that keeps what it gets, on a free port of this machine. */
export class Mailbox {
  readonly mails: Mail[] = [];
  readonly #server: Server;
  readonly #open = new Set<Socket>();

  private constructor() {
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async start(): Promise<Mailbox> {
    const mailbox = new Mailbox();
    await new Promise<void>((done) => mailbox.#server.listen(0, "127.0.0.1", done));
    return mailbox;
  }

  /** The section of the settings that sends here. */
  settings(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `[mail]\nfrom = "wardesk@example.org"\nserver = "127.0.0.1:${port}"\nsecurity = "none"\n`;
  }

  /** Waits for a mail to somebody that says this. */
  async wait(to: string, says: RegExp): Promise<Mail> {
    const find = () => this.mails.find((mail) => mail.to === to && says.test(mail.text));
    await until(`a mail to ${to} says ${says}`, () => find() !== undefined);
    return find()!;
  }

  async stop(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    await new Promise((done) => this.#server.close(done));
  }

  #serve(socket: Socket): void {
    this.#open.add(socket);
    socket.on("close", () => this.#open.delete(socket));
    // Who is stopped in the middle of a mail cuts the line.
    socket.on("error", () => socket.destroy());
    socket.write("220 localhost\r\n");
    let waiting = "";
    let to = "";
    let body: string[] | null = null;
    socket.on("data", (part) => {
      waiting += part.toString();
      for (let end = waiting.indexOf("\r\n"); end >= 0; end = waiting.indexOf("\r\n")) {
        const line = waiting.slice(0, end);
        waiting = waiting.slice(end + 2);
        if (body === null) {
          const word = line.slice(0, 4).toUpperCase();
          if (word === "RCPT") to = /<([^>]*)>/.exec(line)?.[1] ?? "";
          if (word === "DATA") body = [];
          socket.write(word === "DATA" ? "354 go on\r\n" : word === "QUIT" ? "221 bye\r\n" : "250 localhost\r\n");
          if (word === "QUIT") socket.end();
        } else if (line === ".") {
          this.mails.push({ to, text: body.join("\n").replace(/=\n/g, "") });
          body = null;
          socket.write("250 kept\r\n");
        } else {
          body.push(line.replace(/^\./, ""));
        }
      }
    });
  }
}
