// A Meilisearch that takes its time: it accepts what is written, finds nothing, and is done with it when the test says so.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

const moment = '2026-11-23T12:00:00Z';

export class SlowEngine {
  private readonly tasks: string[] = [];
  private readonly indexes = new Set<string>();
  private waits = false;
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => {
      let sent = '';
      request.on('data', (chunk) => (sent += chunk));
      request.on('end', () => {
        const [status, answer] = this.answer(request.method!, request.url!.split('?')[0].split('/').slice(1), sent);
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
      });
    });
  }

  static async start(): Promise<SlowEngine> {
    const engine = new SlowEngine();
    await once(engine.server.listen(0, '127.0.0.1'), 'listening');
    return engine;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** From now on no document that is written is there. */
  wait(): void {
    this.waits = true;
  }

  goOn(): void {
    this.waits = false;
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  private answer(method: string, [room, name, part, more]: string[], sent: string): [number, unknown] {
    if (room === 'tasks') return [200, this.task(Number(name))];
    if (room === 'multi-search') {
      const found = { hits: [], query: '', processingTimeMs: 0, totalHits: 0, facetDistribution: {} };
      return [200, { results: (JSON.parse(sent).queries as unknown[]).map(() => found) }];
    }
    if (method === 'GET') {
      const missing = { message: '', code: 'index_not_found', type: 'invalid_request', link: '' };
      return this.indexes.has(name) ? [200, { uid: name }] : [404, missing];
    }
    if (name === undefined) {
      this.indexes.add(JSON.parse(sent).uid);
      return [202, this.accepted('indexCreation')];
    }
    if (part === undefined) {
      this.indexes.delete(name);
      return [202, this.accepted('indexDeletion')];
    }
    if (part === 'settings') return [202, this.accepted('settingsUpdate')];
    return [202, this.accepted(more === 'delete' ? 'documentDeletion' : 'documentAdditionOrUpdate')];
  }

  private accepted(type: string): unknown {
    const taskUid = this.tasks.push(type) - 1;
    return { taskUid, indexUid: null, status: 'enqueued', type, enqueuedAt: moment };
  }

  private task(uid: number): unknown {
    const type = this.tasks[uid];
    const begun = { uid, indexUid: null, type, enqueuedAt: moment, startedAt: moment };
    if (this.waits && type === 'documentAdditionOrUpdate') return { ...begun, status: 'processing' };
    return { ...begun, status: 'succeeded', duration: 'PT0.1S', finishedAt: moment };
  }
}
