import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { until } from "./server";

/** A text message as the gateway got it. */
export interface TextMessage {
  to: string;
  text: string;
}

/** Takes text messages over HTTP as a form, as many gateways do, on a free port of this machine. */
export class Gateway {
  readonly messages: TextMessage[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => {
        const form = new URLSearchParams(Buffer.concat(parts).toString());
        this.messages.push({ to: form.get("to") ?? "", text: form.get("text") ?? "" });
        response.writeHead(202).end("0: Accepted");
      });
    });
  }

  static async start(): Promise<Gateway> {
    const gateway = new Gateway();
    await new Promise<void>((done) => gateway.#server.listen(0, "127.0.0.1", done));
    return gateway;
  }

  /** The section of the settings that sends here. */
  settings(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `[sms]
countries = ["49"]

[[sms.drivers]]
kind = "http"
name = "gateway"
url = "http://127.0.0.1:${port}/send"
method = "form"
parameters = { to = "{number}", text = "{text}" }
success = "0: Accepted"
`;
  }

  /** Waits for the next message; its code. */
  async code(before: number): Promise<string> {
    await until("a text message arrives", () => this.messages.length > before);
    const code = /^Wardesk code (\d{6})\n@localhost #\1$/.exec(this.messages.at(-1)?.text ?? "")?.[1];
    if (!code) throw new Error("the message is not of the form that binds a code to a page");
    return code;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}
