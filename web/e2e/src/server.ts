import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { watchServer } from "./failures";

/** A real `wardesk serve` in a folder of its own. */
export class Server {
  readonly folder = mkdtempSync(join(tmpdir(), "wardesk-e2e-"));
  readonly url: string;
  readonly #port: number;
  readonly #settings: string | undefined;
  #process: ChildProcess | null = null;
  #output = "";

  private constructor(port: number, settings?: string) {
    this.#port = port;
    this.#settings = settings;
    this.url = `http://localhost:${port}`;
  }

  /** `settings` is what its settings file holds, in TOML. */
  static async start(settings?: string): Promise<Server> {
    const server = new Server(await freePort(), settings);
    watchServer(server);
    await server.run();
    return server;
  }

  /** Starts the process and waits until it is ready. */
  async run(): Promise<void> {
    const program = process.env["WARDESK_BIN"];
    if (!program) throw new Error("WARDESK_BIN does not name the program; cargo xtask test sets it");
    const config = join(this.folder, "settings.toml");
    if (this.#settings) writeFileSync(config, this.#settings);
    const child = spawn(program, ["serve", "--data-dir", this.folder, "--listen", `127.0.0.1:${this.#port}`, ...(this.#settings ? ["--config", config] : [])], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: process.env["PATH"] ?? "", WARDESK_LOG: "info" },
    });
    child.stdout.on("data", (chunk: Buffer) => (this.#output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (this.#output += chunk.toString()));
    this.#process = child;
    await until("the server is ready", async () => (await fetch(`${this.url}/readyz`).catch(() => null))?.ok ?? false);
  }

  /** The one-time link of the first start. */
  setupLink(): string {
    const link = /http:\S+\/welcome\/\S+/.exec(this.#output)?.[0];
    if (!link) throw new Error(`no link was printed:\n${this.#output}`);
    return link;
  }

  /** Everything it printed. */
  output(): string {
    return this.#output;
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((done) => child.once("exit", done));
    child.kill(signal);
    await ended;
  }

  /** Changes the database while it is stopped: of what takes days, the beginning is moved, as its clock cannot be. */
  async change(sql: string): Promise<void> {
    await this.stop();
    const script = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); print(db.execute(sys.argv[2]).rowcount); db.commit()";
    const changed = execFileSync("python3", ["-c", script, join(this.folder, "wardesk.db"), sql], { encoding: "utf8" });
    if (Number(changed) === 0) throw new Error(`nothing was changed by: ${sql}`);
    await this.run();
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Asks again until it is so; fails after a while with what was waited for. */
export async function until(what: string, check: () => Promise<boolean> | boolean, forMs = 20_000): Promise<void> {
  const end = Date.now() + forMs;
  while (!(await check())) {
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

async function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer();
    probe.once("error", fail);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => (typeof address === "object" && address ? done(address.port) : fail(new Error("no port"))));
    });
  });
}
