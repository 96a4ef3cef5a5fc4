// npm run bench -- hosts [--items HOSTS] [--rounds N]: one command on every simulated SSH host, 1, 20 and 200 at a time, by a bare ssh2 loop, by one that asks the
// host for the same shell as the product does, by the product's SSH client, and by the whole product (POST /runs, with claim and leased credential), in turn in one run.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startMesh } from '../tools/mesh.mjs';
import { seedFleet } from '../tools/seed.mjs';
import { median } from './machine.mjs';
import { BareLoop, ClientLoop, COMMAND, overHosts, SAME_SHELL } from './ssh-loops.mjs';

const AT_ONCE = [1, 20, 200];
/** Time after which a host begins a command, in milliseconds: none, so that everything is the cost of our machine; and some, as over a network. */
const ANSWER_MS = [0, 500];

/** @param {{ hosts?: number, rounds: number, say: (line: string) => void }} options */
export async function benchHosts({ hosts: count = 200, rounds, say }) {
  const fleet = fork(join(dirname(fileURLToPath(import.meta.url)), 'ssh-fleet.mjs'), [String(count)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  let product;
  try {
    const [all] = await once(fleet, 'message');
    const hosts = all.filter((h) => h.tags.includes('bench'));
    product = await startProduct(all);
    await warmUp(hosts.slice(0, 20));
    const figures = {};
    for (const { answerMs, atOnce } of ANSWER_MS.flatMap((answerMs) => AT_ONCE.filter((n) => answerMs === 0 || n > 1).map((atOnce) => ({ answerMs, atOnce })))) {
      fleet.send({ answerMs });
      await once(fleet, 'message');
      const samples = { bare: [], client: [], bareKept: [], sameShellKept: [], clientKept: [], product: [], productKept: [] };
      for (let round = 0; round < rounds; round++) {
        const bare = new BareLoop();
        const client = new ClientLoop();
        samples.bare.push(await overHosts(hosts, atOnce, (h) => bare.fresh(h)));
        samples.client.push(await overHosts(hosts, atOnce, (h) => client.run(h)));
        samples.bareKept.push(await overHosts(hosts, atOnce, (h) => bare.kept(h)));
        samples.sameShellKept.push(await overHosts(hosts, atOnce, (h) => bare.kept(h, SAME_SHELL)));
        samples.clientKept.push(await overHosts(hosts, atOnce, (h) => client.run(h)));
        bare.close();
        client.close();
        // The product's connections are kept from the first run on; after its restart they are new.
        await product.restartWorker();
        for (let i = 0; i < 3; i++) await product.run(20, 'warm');
        samples.product.push(await product.run(atOnce, 'bench'));
        samples.productKept.push(await product.run(atOnce, 'bench'));
      }
      const name = `${count} hosts that answer after ${answerMs} ms, ${atOnce} at a time`;
      figures[name] = summary(samples, count);
      say(`${name}: ${JSON.stringify(figures[name])}`);
    }
    return figures;
  } finally {
    await product?.stop();
    const ended = once(fleet, 'exit');
    fleet.kill('SIGTERM');
    await ended;
  }
}

/** Lets the code of both loops be compiled before it is measured. */
async function warmUp(hosts) {
  const bare = new BareLoop();
  const client = new ClientLoop();
  await overHosts(hosts, 5, (h) => bare.fresh(h));
  for (let i = 0; i < 3; i++) {
    await overHosts(hosts, 5, (h) => bare.kept(h));
    await overHosts(hosts, 5, (h) => client.run(h));
  }
  bare.close();
  client.close();
}

/** The whole mesh with the hosts in its inventory. */
async function startProduct(hosts) {
  const folder = mkdtempSync(join(tmpdir(), 'opsmesh-bench-hosts-'));
  chmodSync(folder, 0o755);
  const mesh = await startMesh({
    dataDir: join(folder, 'data'), ports: 'free', only: ['redis', 'postgres', 'orchestrator', 'asset-service', 'automation-service'],
    env: { LOG_LEVEL: 'warn', OPSMESH_AUTH: 'off', WORKER_CONCURRENCY: '1000', OPSMESH_SSH_COMMANDS: '1000' },
  }).catch((error) => {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  });
  const api = mesh.urls.orchestrator;
  const json = async (path, body) => {
    const response = await fetch(api + path, body ? { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {});
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  await seedFleet({ url: mesh.urls['asset-service'], hosts });
  return {
    restartWorker: () => mesh.children['automation-service'].restart(),
    async run(atOnce, tag) {
      const plan = {
        name: 'bench hosts',
        steps: [
          { id: 'assets', tool: 'asset-query', inputs: { filters: { tags: tag } } },
          { id: 'work', tool: 'run-command', forEach: '<<steps.assets.output.hostnames>>', inputs: { target_host: '<<item>>', command: COMMAND }, map: { concurrency: atOnce } },
        ],
      };
      const begin = performance.now();
      const { id } = await json('/runs', { plan, actor_id: 'bench' });
      let run;
      do {
        await new Promise((ok) => setTimeout(ok, 50));
        run = await json(`/runs/${id}`);
      } while (run.status === 'running' || run.status === 'pending');
      const ms = performance.now() - begin;
      if (run.status !== 'completed') throw new Error(`the run ended as ${run.status}`);
      return { times: await hostTimes(json, id), ms };
    },
    async stop() {
      await mesh.stop();
      if (mesh.cluster && !mesh.cluster.startsWith(folder)) rmSync(mesh.cluster, { recursive: true, force: true });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** How long the tool took for each host, in milliseconds: its own figure, from the credential's arrival to the outcome. */
async function hostTimes(json, run) {
  const times = [];
  for (let next = `/runs/${run}/steps/work/items?limit=200`; next;) {
    const page = await json(next);
    times.push(...page.items.map((i) => i.output.durationMs));
    next = page.next ? `/runs/${run}/steps/work/items?limit=200&cursor=${encodeURIComponent(page.next)}` : undefined;
  }
  return times;
}

function summary(samples, hosts) {
  const round = (n, digits = 1) => Number(n.toFixed(digits));
  const of = (name) => ({ hostsPerSecond: round(median(samples[name].map((s) => hosts / (s.ms / 1000)))), p50Ms: round(median(samples[name].flatMap((s) => s.times))) });
  const against = (name, bare) => ({
    ...of(name),
    throughputRatio: round(median(samples[name].map((s, i) => samples[bare][i].ms / s.ms)), 2),
    overheadP50Ms: round(median(samples[name].map((s, i) => median(s.times) - median(samples[bare][i].times)))),
    // What one host more costs, whatever runs beside it.
    overheadPerHostMs: round(median(samples[name].map((s, i) => (s.ms - samples[bare][i].ms) / hosts)), 2),
  });
  return {
    newConnections: { bareSsh2: of('bare'), client: against('client', 'bare'), product: against('product', 'bare') },
    keptConnections: { bareSsh2: of('bareKept'), bareSsh2SameShell: against('sameShellKept', 'bareKept'), client: against('clientKept', 'bareKept'), product: against('productKept', 'bareKept') },
  };
}
