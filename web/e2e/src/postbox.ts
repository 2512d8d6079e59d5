import { type Server, type Socket, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { until } from "./server";

/** A mail as it arrived. */
export interface Letter {
  to: string;
  /** Head and body, decoded where the mail says base64. */
  text: string;
}

/** Takes mail by SMTP (RFC 5321), as much of it as a sender needs, on a free port of this machine. */
export class Postbox {
  readonly letters: Letter[] = [];
  readonly #server: Server;
  readonly #open = new Set<Socket>();

  private constructor() {
    this.#server = createServer((socket) => this.#talk(socket));
  }

  static async start(): Promise<Postbox> {
    const postbox = new Postbox();
    await new Promise<void>((done) => postbox.#server.listen(0, "127.0.0.1", done));
    return postbox;
  }

  /** The section of the settings that sends here. */
  settings(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `[mail]\nfrom = "desk@example.org"\nserver = "127.0.0.1:${port}"\nsecurity = "none"\n`;
  }

  /** Waits for the next letter; the code in it. */
  async code(before: number): Promise<string> {
    await until("a letter arrives", () => this.letters.length > before);
    const code = /^Your code: (\d{6})\r?$/m.exec(this.letters.at(-1)?.text ?? "")?.[1];
    if (!code) throw new Error("there is no code in the letter");
    return code;
  }

  #talk(socket: Socket): void {
    this.#open.add(socket);
    socket.on("close", () => this.#open.delete(socket));
    socket.on("error", () => socket.destroy());
    let unread = "";
    let to = "";
    let inBody = false;
    const say = (line: string) => socket.write(`${line}\r\n`);
    const command = (line: string) => {
      const verb = line.slice(0, 4).toUpperCase();
      if (verb === "RCPT") to = /<(.*)>/.exec(line)?.[1] ?? "";
      inBody = verb === "DATA";
      say(inBody ? "354 go on" : verb === "QUIT" ? "221 bye" : verb === "EHLO" ? "250 postbox" : "250 ok");
      if (verb === "QUIT") socket.end();
    };
    say("220 postbox");
    socket.on("data", (part: Buffer) => {
      unread += part.toString("latin1");
      for (;;) {
        const end = inBody ? unread.indexOf("\r\n.\r\n") : unread.indexOf("\r\n");
        if (end < 0) return;
        const read = unread.slice(0, end);
        unread = unread.slice(end + (inBody ? 5 : 2));
        if (!inBody) command(read);
        else {
          inBody = false;
          this.letters.push({ to, text: decoded(read) });
          say("250 taken");
        }
      }
    });
  }

  async stop(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    await new Promise((done) => this.#server.close(done));
  }
}

function decoded(mail: string): string {
  const [head = "", ...rest] = mail.split("\r\n\r\n");
  const body = rest.join("\r\n\r\n");
  return /^content-transfer-encoding: base64/im.test(head) ? `${head}\r\n\r\n${Buffer.from(body, "base64").toString()}` : mail;
}
