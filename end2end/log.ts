// Shipped bodies for the specs: the ones that the real Lodestar wrote, and what follows a decision.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { type ApprovalRequest, type Resolution, canonical, sha256 } from './guard.ts';

const data = process.env.MACHINAUT_LODESTAR_DATA ?? join(import.meta.dirname, '../../shared/lodestar');

/** Whether the conformance data is on this machine; specs that need it say so and skip. */
export const haveLodestarData = existsSync(join(data, 'sessions'));
if (!haveLodestarData) {
  console.warn(`!!! NO CONFORMANCE DATA in ${data}: the specs on real shipped bodies are skipped. !!!`);
}

export type Ceiling = 'public' | 'internal' | 'confidential' | 'secret';

type Envelope = Record<string, unknown> & { seq: number; type: string; logical_clock: number; payload?: unknown };

/** One shipped body that can grow at its end, as a log does. */
export class ShippedLog {
  private constructor(
    private readonly manifest: Record<string, unknown>,
    private readonly records: string[],
  ) {}

  /** A body that the real Lodestar shipped, to the letter. */
  static real(session: string, ceiling: Ceiling): ShippedLog {
    const [manifest, ...records] = readFileSync(join(data, 'sessions', session, `ship-${ceiling}.ndjson`), 'utf8')
      .split('\n')
      .filter((line) => line);
    return new ShippedLog(JSON.parse(manifest!), records);
  }

  get body(): string {
    return [JSON.stringify(this.manifest), ...this.records, ''].join('\n');
  }

  get project(): string {
    return String(this.manifest.project_id);
  }

  get session(): string {
    return String(this.manifest.session_id);
  }

  private get envelopes(): Envelope[] {
    return this.records.map((line) => JSON.parse(line).envelope);
  }

  /** The request of the last hold in the log. */
  get hold(): ApprovalRequest {
    const requested = this.envelopes.findLast(({ type }) => type === 'approval.requested');
    if (!requested) throw new Error('no hold was requested in this log');
    return requested.payload as ApprovalRequest;
  }

  /** The same log, one event longer. */
  with(type: string, payload: unknown): ShippedLog {
    const last = this.envelopes.at(-1)!;
    const envelope = {
      ...last,
      id: randomUUID(),
      seq: last.seq + 1,
      type,
      timestamp: new Date().toISOString(),
      logical_clock: last.logical_clock + 1,
      causal_parent_ids: [],
      payload_hash: sha256(canonical(payload)),
      payload,
    };
    const record = JSON.stringify({ v: 1, redacted: false, envelope });
    return new ShippedLog({ ...this.manifest, event_count: this.records.length + 1 }, [...this.records, record]);
  }

  /** What the guard writes once it accepted a decision. */
  withDecision({ kind, ...rest }: Resolution): ShippedLog {
    return this.with(`approval.${kind}`, rest);
  }
}
