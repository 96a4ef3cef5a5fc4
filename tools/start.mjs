// npm start: the mesh until Ctrl-C. Settings are environment variables; README.md lists them.
import { once } from 'node:events';
import { resolve } from 'node:path';
import { startMesh } from './mesh.mjs';
import { PORTS } from './mesh-ports.mjs';
import { seedFleet } from './seed.mjs';
import { stopSignal } from './processes/stop-signals.mjs';

const say = (line) => console.log(`${new Date().toTimeString().slice(0, 8)} ${line}`);
const dataDir = process.env.OPSMESH_DATA || '.data';
const demo = process.env.OPSMESH_DEMO !== 'off';

let failed = false;
const stopped = stopSignal((why) => console.log(`\nStopping (${why}) ...`));
const finished = new AbortController();
const giveUp = (reason) => {
  failed = true;
  console.error(`\n${reason}\nStopping everything ...`);
  finished.abort();
};

let mesh;
try {
  console.log(`Starting opsmesh in ${resolve(dataDir)} ...`);
  mesh = await startMesh({ dataDir, demo, restartCrashed: true, say, giveUp, signal: stopped });
  const hosts = demo ? await seed() : [];
  console.log(summary(hosts));
  await ended(AbortSignal.any([stopped, finished.signal]));
} catch (e) {
  if (!stopped.aborted) {
    failed = true;
    console.error(`\n${e.message}`);
  }
}
if (mesh) {
  const began = performance.now();
  await mesh.stop();
  console.log(`Stopped in ${((performance.now() - began) / 1000).toFixed(1)} s.`);
}
process.exit(failed ? 1 : 0);

/** Puts the simulated hosts into the inventory. With auth on that needs a token like any other request. */
async function seed() {
  const hosts = mesh.fleet();
  if (maySeed()) await seedFleet({ url: mesh.urls['asset-service'], hosts, token: process.env.OPSMESH_TOKEN });
  return hosts;
}

function maySeed() {
  return process.env.OPSMESH_AUTH !== 'on' || Boolean(process.env.OPSMESH_TOKEN);
}

async function ended(signal) {
  if (!signal.aborted) await once(signal, 'abort');
}

function summary(hosts) {
  const api = mesh.urls.orchestrator;
  const rows = [
    ['API', api], ['API docs', `${api}/docs`], ['Queues', `${api}/queues`],
    ['Services', Object.keys(PORTS).filter((n) => n.endsWith('-service') && mesh.urls[n]).map((n) => `${n} ${mesh.urls[n]}`).join('\n')],
    ['Auth', process.env.OPSMESH_AUTH === 'on' ? 'on: requests need a token (npm run token)' : 'OFF: every program on this machine may run plans, as tenant "default".\nOPSMESH_AUTH=on asks for tokens (npm run token).'],
    ['Hosts', demo ? `${hosts.length} simulated hosts, SSH and WinRM (no real machines): ${hosts.map((h) => h.hostname).join(', ')}${maySeed() ? '' : '\nnot put into the inventory: with OPSMESH_AUTH=on that needs OPSMESH_TOKEN (scopes assets:write, assets:read, credentials:write)'}\nOPSMESH_DEMO=off leaves them out.` : 'none simulated (OPSMESH_DEMO=off)'],
    ['Data', [mesh.data, ...(mesh.cluster && !mesh.cluster.startsWith(mesh.data) ? [`PostgreSQL in ${mesh.cluster}, since its system user may not enter the folder above`] : [])].join('\n')],
    ['Logs', mesh.logs],
  ];
  const lines = rows.flatMap(([name, text]) => text.split('\n').map((line, i) => `  ${(i === 0 ? name : '').padEnd(10)}${line}`));
  return ['', 'opsmesh runs.', '', ...lines, '', '  Ctrl-C stops everything.', ''].join('\n');
}
