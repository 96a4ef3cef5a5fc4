// Previews of changes on a fleet, over HTTP: the orchestrator resolves the query and every target at the real asset service. Milliseconds a preview.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, chmodSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openKeys } from '@opsmesh/platform';
import { NODE_FLAGS } from '../tools/mesh.mjs';
import { freePort } from '../tools/ports.mjs';
import { startPostgres } from '../tools/postgres.mjs';
import { until } from '../tools/processes/waiting.mjs';
import { startRedis } from '../tools/redis.mjs';
import { surroundings } from '../tools/surroundings.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const text = { type: 'string' };
const COMMAND = {
  name: 'bench-command', version: '1.0.0', description: 'a command on a host', effect: 'write', idempotent: false, target: '/target_host', commands: [{ pointer: '/command', dialect: 'posix-shell' }], timeoutMs: 60_000, examples: [],
  inputSchema: { type: 'object', properties: { target_host: text, command: text }, required: ['target_host', 'command'], additionalProperties: false }, outputSchema: { type: 'object' }, credential: { kind: 'ssh', target: '/target_host' },
};
/** The same command everywhere, and one that is another for every host. */
const COMMANDS = { same: 'systemctl restart nginx', ownForEachHost: 'logger -t audit -- <<item.hostname>> && systemctl restart nginx' };

export async function previewFigures({ targets = 5000, rounds = 5 } = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'opsmesh-preview-'));
  chmodSync(dir, 0o755);
  mkdirSync(join(dir, 'data'));
  const children = [];
  const redis = await startRedis({ dir: join(dir, 'redis') });
  const postgres = await startPostgres({ dir: join(dir, 'pg') });
  try {
    const [port, assetPort] = [await freePort(), await freePort()];
    const api = `http://127.0.0.1:${port}`;
    const assets = `http://127.0.0.1:${assetPort}`;
    const env = { ...surroundings(), REDIS_URL: redis.url, DATABASE_URL: postgres.url, OPSMESH_DATA: join(dir, 'data'), LOG_LEVEL: 'warn', ORCHESTRATOR_URL: api, ASSET_SERVICE_URL: assets, OPSMESH_AUTH: 'off' };
    for (const [app, at] of [['orchestrator', port], ['asset-service', assetPort]]) children.push(fork(join(here, `../apps/${app}/dist/main.js`), [], { env: { ...env, PORT: String(at) }, stdio: ['ignore', 2, 2, 'ipc'], execArgv: NODE_FLAGS }));
    await until(async () => (await fetch(`${api}/tools/asset-query`).catch(() => undefined))?.ok, { what: 'the orchestrator and the asset service' });
    const post = (url, body, headers = {}) => fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
    const token = await openKeys(join(dir, 'data')).serviceToken('bench-service', 'orchestrator');
    await must(post(`${api}/internal/workers`, { workerId: 'bench-1', service: 'bench-service', queue: 'bench-service', concurrency: 1, tools: [COMMAND] }, { authorization: `Bearer ${token}` }));
    const credential = await (await must(post(`${assets}/credentials`, { name: 'bench', kind: 'ssh', username: 'u', password: 'p' }))).json();
    for (let from = 0; from < targets; from += 1000) {
      await must(post(`${assets}/assets/import`, { assets: Array.from({ length: Math.min(1000, targets - from) }, (_, i) => ({ hostname: `node-${from + i}`, ip_address: `10.${(from + i) >> 16}.${((from + i) >> 8) & 255}.${(from + i) & 255}`, environment: 'production', tags: ['web'], credential_id: credential.id })) }));
    }
    const figures = {};
    for (const [name, command] of Object.entries(COMMANDS)) {
      const plan = { name: 'restart', steps: [{ id: 'q', tool: 'asset-query', inputs: { filters: { tags: 'web' }, fields: ['hostname'], limit: 10_000 } }, { id: 'do', tool: 'bench-command', forEach: '<<q.assets>>', inputs: { target_host: '<<item.hostname>>', command } }] };
      const times = [];
      let bytes = 0;
      for (let round = 0; round <= rounds; round++) {
        const begun = performance.now();
        const answer = await (await must(post(`${api}/plans/preview`, { plan }))).text();
        if (round > 0) times.push(performance.now() - begun);
        bytes = answer.length;
        const { risk } = JSON.parse(answer);
        if (risk.changedHosts !== targets) throw new Error(`the preview has ${risk.changedHosts} hosts: ${JSON.stringify(risk)}`);
      }
      times.sort((a, b) => a - b);
      figures[name] = { medianMs: Math.round(times[times.length >> 1]), maxMs: Math.round(times.at(-1)), answerMiB: Number((bytes / 2 ** 20).toFixed(1)) };
    }
    return { targets, rounds, ...figures };
  } finally {
    await Promise.all(children.map(async (c) => { if (c.exitCode === null && c.signalCode === null) { const ended = once(c, 'exit'); c.kill('SIGTERM'); await ended; } }));
    await redis.stop();
    await postgres.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function must(request) {
  const response = await request;
  if (!response.ok) throw new Error(`${response.url}: ${response.status} ${(await response.text()).slice(0, 500)}`);
  return response;
}
