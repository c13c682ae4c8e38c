// The customer's side of the loop: what Lodestar's guard and its shipper do, on Node's own crypto.
// It shares no code with the product, so that the two can only agree by both following the contract.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

/** The body of an announcement: Lodestar's `ApprovalRequest`. */
export type ApprovalRequest = {
  request_id: string;
  action_id: string;
  reason: string;
  required_authority: Record<string, unknown>;
  requested_at: string;
  deadline?: string;
};

export type Resolution = {
  request_id: string;
  action_id: string;
  kind: 'granted' | 'denied';
  approver_id: string;
  reason?: string;
  at: string;
  signature?: { signer_id: string; payload_hash: string; algorithm: string; signature: string; at: string };
};

/** `authorized_keys` of Lodestar's configuration. */
export type Pin = { actor_id: string; public_key: string };

/** The canonical form of a value: keys sorted by UTF-16 code units, scalars as JSON.stringify writes them. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join(',')}}`;
  }
  return JSON.stringify(value ?? null);
}

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const keys = ['request_id', 'action_id', 'kind', 'approver_id', 'reason', 'at', 'signature'];

/** What is wrong with a resolution in the eyes of a guard that waits for this hold, or nothing. */
export function refusal(resolution: Resolution, hold: ApprovalRequest, pins: Pin[]): string | undefined {
  const { signature, ...document } = resolution;
  const unknown = Object.keys(resolution).find((key) => !keys.includes(key));
  if (unknown) return `the key ${unknown} is not in the schema`;
  if (resolution.request_id !== hold.request_id) return 'another request_id';
  if (resolution.action_id !== hold.action_id) return 'another action_id';
  if (hold.deadline && Date.parse(resolution.at) > Date.parse(hold.deadline)) return 'decided after the deadline';
  if (!signature) return 'not signed';
  if (signature.algorithm !== 'ed25519') return `algorithm ${signature.algorithm}`;
  if (signature.signer_id !== resolution.approver_id) return 'the signer is not the approver';
  const pin = pins.find(({ actor_id }) => actor_id === signature.signer_id);
  if (!pin) return `${signature.signer_id} is not pinned`;
  const hash = sha256(canonical(document));
  if (signature.payload_hash !== hash) return 'the hash is of another document';
  const good = verify(null, Buffer.from(hash), createPublicKey(pin.public_key), Buffer.from(signature.signature, 'base64'));
  return good ? undefined : 'the signature does not verify';
}

/** One guard, waiting for one hold. */
export class Guard {
  constructor(
    private readonly url: string,
    private readonly token: string,
    readonly project: string,
    readonly hold: ApprovalRequest,
  ) {}

  private headers = (): Record<string, string> => ({ authorization: `Bearer ${this.token}` });

  private get path(): string {
    return `${this.url}/v1/approvals/${encodeURIComponent(this.project)}/${encodeURIComponent(this.hold.request_id)}`;
  }

  async announce(): Promise<number> {
    const answer = await fetch(`${this.url}/v1/approvals`, {
      method: 'POST',
      headers: { ...this.headers(), 'content-type': 'application/json' },
      body: JSON.stringify(this.hold),
    });
    return answer.status;
  }

  /** Asks once; the answer may be held back for as long as the server likes. */
  async poll(query = ''): Promise<Resolution | undefined> {
    const answer = await fetch(this.path + query, { headers: this.headers() });
    const text = await answer.text();
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw new Error(`The poll was answered ${answer.status}: ${text}`);
    return JSON.parse(text) as Resolution;
  }

  /** Asks again and again, as the guard does, until there is a resolution or the time is over. */
  async wait(seconds = 40): Promise<Resolution> {
    for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(100)) {
      const resolution = await this.poll();
      if (resolution) return resolution;
    }
    throw new Error(`No resolution came within ${seconds} s.`);
  }

  async consume(): Promise<number> {
    return (await fetch(this.path, { method: 'DELETE', headers: this.headers() })).status;
  }
}

/** Sends a body as `lodestar ship` does. */
export async function ship(url: string, token: string, body: string): Promise<Response> {
  return fetch(`${url}/v1/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
    body,
  });
}
