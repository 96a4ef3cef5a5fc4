import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ItemPageView, ItemView, ProblemDto, RunView } from '@opsmesh/contracts';
import { readLedger, waitFor, type LedgerEntry } from '@opsmesh/testing';
import { startMesh, type Mesh } from '../../../tools/mesh.mjs';
import { seedFleet } from '../../../tools/seed.mjs';
import { surroundings } from '../../../tools/surroundings.mjs';

const ENDED = ['completed', 'partial', 'failed', 'cancelled'];

export interface Answer<T> { readonly status: number; readonly type: string; readonly body: T }

/** A whole mesh in a folder of its own, on free ports, with the simulated fleet in its inventory. */
export class Rig {
  private constructor(readonly mesh: Mesh, readonly folder: string) {}

  static async start(env: Readonly<Record<string, string>> = {}): Promise<Rig> {
    const folder = mkdtempSync(join(tmpdir(), 'opsmesh-e2e-'));
    // PostgreSQL runs under a system user of its own when we are root.
    chmodSync(folder, 0o755);
    const mesh = await startMesh({ dataDir: join(folder, 'data'), ports: 'free', demo: true, surroundings: surroundings(), env: { LOG_LEVEL: 'info', FLEET_LEDGER: join(folder, 'ledger'), ...env } });
    const rig = new Rig(mesh, folder);
    try {
      await seedFleet({ url: mesh.urls['asset-service'], hosts: mesh.fleet() });
    } catch (e) {
      await rig.stop();
      throw e;
    }
    return rig;
  }

  async stop(): Promise<void> {
    await this.mesh.stop();
    if (this.mesh.cluster && !this.mesh.cluster.startsWith(this.folder)) rmSync(this.mesh.cluster, { recursive: true, force: true });
    rmSync(this.folder, { recursive: true, force: true });
  }

  async request<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer<T>> {
    const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(this.mesh.urls.orchestrator + path, { method, headers: { ...(text === undefined ? {} : { 'content-type': 'application/json' }), ...headers }, ...(text === undefined ? {} : { body: text }) });
    const answer = await response.text();
    const type = response.headers.get('content-type') ?? '';
    return { status: response.status, type, body: (type.includes('json') ? JSON.parse(answer) : answer) as T };
  }

  problem(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer<ProblemDto>> {
    return this.request<ProblemDto>(method, path, body, headers);
  }

  /** Starts a run; fails the spec when the plan is refused. */
  async startRun(plan: object, inputs?: object): Promise<string> {
    const { status, body } = await this.request<{ id: string }>('POST', '/runs', { plan, tenant_id: 'default', actor_id: 'e2e', ...(inputs ? { inputs } : {}) });
    if (status !== 202) throw new Error(`POST /runs: ${status} ${JSON.stringify(body)}`);
    return body.id;
  }

  async run(id: string): Promise<RunView> {
    return (await this.request<RunView>('GET', `/runs/${id}`)).body;
  }

  /** Waits through restarts of any process. */
  async ended(id: string, timeoutMs = 90_000): Promise<RunView> {
    let last: RunView | undefined;
    try {
      return await waitFor(async () => {
        last = await this.run(id);
        return ENDED.includes(last.status) ? last : undefined;
      }, { timeoutMs, everyMs: 50, what: `run ${id} to end` });
    } catch (e) {
      throw new Error(`the run did not end: ${JSON.stringify(last?.steps.map((s) => [s.id, s.status, s.counts]))}`, { cause: e });
    }
  }

  async items(id: string, step: string): Promise<ItemView[]> {
    const all: ItemView[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: ItemPageView = (await this.request<ItemPageView>('GET', `/runs/${id}/steps/${step}/items?limit=500${cursor ? `&cursor=${cursor}` : ''}`)).body;
      all.push(...page.items);
      cursor = page.next;
    }
    return all;
  }

  ledger(): Promise<LedgerEntry[]> {
    return readLedger(join(this.folder, 'ledger'));
  }
}
