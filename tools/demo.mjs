// npm run demo: the main job once, on simulated hosts, in a folder of its own that is removed afterwards.
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { call } from './http-json.mjs';
import { startMesh } from './mesh.mjs';
import { PORTS } from './mesh-ports.mjs';
import { progressOn } from './terminal/progress.mjs';
import { seedFleet } from './seed.mjs';
import { surroundings } from './surroundings.mjs';
import { stopSignal } from './processes/stop-signals.mjs';
import { guardFolder } from './processes/watchdog.mjs';
import { humanBytes, table } from './terminal/table.mjs';

const RUN_MS = 60_000;
/** What is asked, and the table made of the answers: one row a host. `cells` gives what stands under `titles` for an answer. */
const REPORTS = [
  {
    step: 'disk',
    plan: {
      name: 'disk usage of / on all assets tagged web',
      steps: [
        { id: 'assets', tool: 'asset-query', inputs: { filters: { tags: 'web' } } },
        { id: 'disk', tool: 'disk-usage', forEach: '<<steps.assets.output.assets>>', inputs: { target_host: '<<item.ip_address>>', path: '/' } },
      ],
    },
    titles: [' SIZE', ' USED', ' FREE', ' USE'],
    cells: (u) => [humanBytes(u.sizeBytes), humanBytes(u.usedBytes), humanBytes(u.availableBytes), `${u.usedPercent} %`],
  },
  {
    step: 'volumes',
    plan: {
      name: 'size of all C drives for all assets tagged win10',
      steps: [
        { id: 'assets', tool: 'asset-query', inputs: { filters: { tags: 'win10' } } },
        { id: 'volumes', tool: 'Get-Volume', forEach: '<<steps.assets.output.assets>>', inputs: { target_host: '<<item.ip_address>>', drive_letter: 'C' } },
      ],
    },
    titles: ['DRIVE', ' SIZE', ' FREE'],
    cells: ({ volumes: [v] }) => (v ? [`${v.drive_letter}:`, humanBytes(v.size_bytes), humanBytes(v.free_bytes)] : ['none', '-', '-']),
  },
];

const began = performance.now();
const seconds = () => ((performance.now() - began) / 1000).toFixed(1);
const dataDir = mkdtempSync(join(tmpdir(), 'opsmesh-demo-'));
chmodSync(dataDir, 0o711);
const release = guardFolder(dataDir);
const stopped = stopSignal((why) => console.log(`\nStopping (${why}) ...`));

let mesh;
let exitCode = 0;
try {
  console.log('opsmesh demo, on SIMULATED hosts: small SSH and WinRM servers on this machine; no real host is touched.\n');
  console.log('Starting Redis, PostgreSQL, the orchestrator, three services and the simulated hosts ...');
  // Its own servers and no model whatever the environment names: a demo writes nothing into anybody's database and costs nothing.
  mesh = await startMesh({ dataDir, ports: 'free', demo: true, surroundings: surroundings(), signal: stopped });
  const hosts = mesh.fleet();
  await seedFleet({ url: mesh.urls['asset-service'], hosts });
  console.log(`Ready after ${seconds()} s. ${hosts.length} simulated hosts are in the inventory.\n`);
  for (const report of REPORTS) await show(report, hosts);
} catch (e) {
  exitCode = stopped.aborted ? 130 : 1;
  if (!stopped.aborted) console.error(`\n${e.message}`);
}
await mesh?.stop();
for (const folder of [mesh?.cluster, dataDir]) if (folder) rmSync(folder, { recursive: true, force: true });
release();
if (exitCode === 0) console.log(farewell());
process.exit(exitCode);

async function show({ plan, step, titles, cells }, hosts) {
  const api = mesh.urls.orchestrator;
  console.log(`Plan: ${plan.name}`);
  const { id } = await call('POST', `${api}/runs`, { body: { plan, tenant_id: 'default', actor_id: 'demo' } });
  const run = await finished(`${api}/runs/${id}`, progressOn(process.stdout));
  const { items } = await call('GET', `${api}/runs/${id}/steps/${step}/items?limit=1000`);
  console.log(`\n${resultTable({ items, titles, cells, nameOf: new Map(hosts.map((h) => [h.ip, h.hostname])) })}\n`);
  const good = items.filter((i) => i.status === 'succeeded').length;
  console.log(`Run ${run.status}: ${good} of ${items.length} simulated hosts answered.${good < items.length ? ' The others say why.' : ''}\n`);
  if (good === 0) throw new Error(`no host answered: ${run.steps.map((s) => `${s.id} ${s.status}${s.failure ? ` (${s.failure.code}: ${s.failure.message})` : ''}`).join(', ')}`);
}

async function finished(url, show) {
  for (const end = performance.now() + RUN_MS; ;) {
    stopped.throwIfAborted();
    const run = await call('GET', url);
    show(run);
    if (!['running', 'paused'].includes(run.status)) return run;
    if (performance.now() > end) throw new Error(`the run did not finish within ${RUN_MS / 1000} s; the orchestrator's last lines:\n${readFileSync(mesh.children.orchestrator.log, 'utf8').split('\n').slice(-15).join('\n')}`);
    await new Promise((ok) => setTimeout(ok, 100));
  }
}

/** One row a host, those that failed first; reasons only where there are any. */
function resultTable({ items, titles, cells, nameOf }) {
  const rank = (i) => (i.status === 'succeeded' ? 1 : 0);
  const reasons = items.some((i) => i.failure);
  const rows = [...items].sort((a, b) => rank(a) - rank(b) || a.index - b.index).map((i) => {
    // A remote host may have written what is in a message: no line breaks, no escapes for the terminal.
    const why = i.failure ? `${i.failure.code}: ${i.failure.message.replace(/\p{Cc}+/gu, ' ')}` : '';
    return [nameOf.get(i.target) ?? i.target ?? `item ${i.index}`, i.target ?? '', i.status, ...(rank(i) ? cells(i.output) : titles.map(() => '-')), ...(reasons ? [why] : [])];
  });
  return table(['HOST', 'ADDRESS', 'STATUS', ...titles, ...(reasons ? ['REASON'] : [])], rows);
}

function farewell() {
  const api = `http://127.0.0.1:${process.env.ORCHESTRATOR_PORT || PORTS.orchestrator.port}`;
  return [
    `All of it is stopped and its folder removed, after ${seconds()} s. Where to go next:`,
    `  npm start    the same mesh until Ctrl-C: API ${api}`,
    `               described at ${api}/docs, queues at ${api}/queues`,
    '  README.md    a tour: plans of your own, your own hosts, tokens',
    '  npm test     every check there is',
  ].join('\n');
}
