// The real binary, on a free loopback port, with a data directory of its own.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

export const binary = resolve(process.env.MACHINAUT_BIN ?? join(import.meta.dirname, '../target/release/machinaut'));
const startSeconds = 30;

export class Server {
  private constructor(
    readonly url: string,
    readonly dataDir: string,
    private readonly env: Record<string, string | undefined>,
    private process: ChildProcess,
    private printed: () => string,
  ) {}

  /** Starts a server and returns once it says that it is ready. `env` adds to its settings. */
  static async start(env: Record<string, string> = {}): Promise<Server> {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const dataDir = await mkdtemp(join(tmpdir(), 'machinaut-end2end-'));
    const settings = {
      PATH: process.env.PATH,
      MACHINAUT_LISTEN: `127.0.0.1:${port}`,
      MACHINAUT_PUBLIC_URL: url,
      MACHINAUT_DATA_DIR: dataDir,
      ...env,
    };
    const child = spawn(binary, ['serve'], {
      cwd: dataDir, // so that no settings file of the checkout is read
      env: settings,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let failure: Error | undefined;
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => (failure = error));

    const server = new Server(url, dataDir, settings, child, () => output);
    for (const deadline = Date.now() + startSeconds * 1000; ; await sleep(50)) {
      if (failure) throw new Error(`${binary} could not be started (build it with ./run --build-only): ${failure.message}`);
      if (await isReady(url)) return server;
      if (child.exitCode !== null || Date.now() > deadline) {
        await server.stop();
        throw new Error(`The server was not ready within ${startSeconds} s. It printed:\n${output}`);
      }
    }
  }

  /** Everything that the server has printed so far. */
  get output(): string {
    return this.printed();
  }

  /** The one-time link that the first start prints for the first owner. */
  get setupLink(): string {
    const link = this.output.match(/https?:\/\/\S*\/setup\S*/)?.[0];
    if (!link) throw new Error(`The server printed no setup link. It printed:\n${this.output}`);
    return link;
  }

  /** What somebody types at the console, beside the running server; returns what is printed. */
  async console(...words: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(binary, words, { cwd: this.dataDir, env: this.env });
    return stdout;
  }

  /** Makes a second organisation; the link sets it up. */
  async anotherOrganisation(name: string): Promise<string> {
    await this.console('admin', 'create-org', name);
    const printed = await this.console('admin', 'setup-link', '--org', name);
    const link = printed.match(/https?:\/\/\S*\/setup\S*/)?.[0];
    if (!link) throw new Error(`No setup link in: ${printed}`);
    return link;
  }

  async stop(): Promise<void> {
    if (this.process.exitCode === null && this.process.kill('SIGKILL')) await once(this.process, 'exit');
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

async function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/readyz`).then(
    (answer) => answer.ok,
    () => false,
  );
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}
