// npm run bench -- hosts [--items HOSTS] [--rounds N]: one command on every simulated SSH host, 1, 20 and 200 at a time, by a bare ssh2 loop, by one that asks the
// host for the same shell as the product does, by the product's SSH client, and by the whole product (POST /runs, with claim and leased credential), in turn in one run.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cpuOf, median } from './machine.mjs';
import { startProduct } from './product.mjs';
import { BareLoop, ClientLoop, COMMAND, overHosts, SAME_SHELL } from './ssh-loops.mjs';

/** How many hosts at a time, and the time after which a host begins a command, in milliseconds: none, so that everything is the cost of our machine; or some, as over a network. */
const SCENARIOS = [{ atOnce: 20, answerMs: 0 }, { atOnce: 200, answerMs: 0 }, { atOnce: 20, answerMs: 500 }, { atOnce: 200, answerMs: 500 }, { atOnce: 1, answerMs: 0 }];
/** Runs over all hosts before anything is measured, so that the code of every process is compiled. */
const WARM_UPS = 3;

/** @param {{ hosts?: number, rounds: number, say: (line: string) => void }} options */
export async function benchHosts({ hosts: count = 200, rounds, say }) {
  const fleet = fork(join(dirname(fileURLToPath(import.meta.url)), 'ssh-fleet.mjs'), [String(count)], { stdio: ['ignore', 2, 2, 'ipc'] });
  const tell = async (message) => {
    fleet.send(message);
    await once(fleet, 'message');
  };
  let product;
  try {
    const [hosts] = await once(fleet, 'message');
    product = await startProduct(hosts);
    const bench = new Bench({ hosts, fleet, product, tell });
    for (let i = 0; i < WARM_UPS; i++) await bench.round(20);
    const figures = {};
    for (const { atOnce, answerMs } of SCENARIOS) {
      await tell({ answerMs });
      const samples = [];
      for (let i = 0; i < rounds; i++) samples.push(await bench.round(atOnce));
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

class Bench {
  constructor({ hosts, fleet, product, tell }) {
    Object.assign(this, { hosts, fleet, product, tell });
  }

  /** One sample of each row: everybody makes new connections to all hosts, and uses them again. */
  async round(atOnce) {
    const bare = new BareLoop();
    const client = new ClientLoop();
    const loop = (one) => this.measured(() => overHosts(this.hosts, atOnce, one));
    const run = () => this.measured(() => this.product.run({ tool: 'run-command', inputs: { command: COMMAND }, tag: 'bench', atOnce }));
    const sample = { bare: await loop((h) => bare.fresh(h)), client: await loop((h) => client.run(h)) };
    sample.bareKept = await loop((h) => bare.kept(h));
    sample.sameShellKept = await loop((h) => bare.kept(h, SAME_SHELL));
    sample.clientKept = await loop((h) => client.run(h));
    bare.close();
    client.close();
    // What the product has kept since its last round goes.
    await this.tell({ drop: true });
    sample.product = await run();
    sample.productKept = await run();
    return sample;
  }

  /** What the work took, with the CPU time of every process in microseconds; `loop` is this one, which the product does not run in. */
  async measured(work) {
    const before = this.cpu();
    const taken = await work();
    const after = this.cpu();
    return { ...taken, cpu: Object.fromEntries(Object.keys(after).map((name) => [name, after[name] - before[name]])) };
  }

  cpu() {
    const { user, system } = process.cpuUsage();
    return { hosts: cpuOf(this.fleet.pid), loop: user + system, ...this.product.cpu() };
  }
}

function summary(samples, hosts) {
  const round = (n, digits = 1) => Number(n.toFixed(digits));
  const over = (value) => median(samples.map(value));
  const of = (name) => {
    const cpuMs = Object.keys(samples[0][name].cpu).map((p) => [p, round(over((s) => s[name].cpu[p]) / 1000 / hosts)]).filter(([, ms]) => ms >= 0.1);
    return { hostsPerSecond: round(over((s) => hosts / (s[name].ms / 1000))), p50Ms: round(over((s) => median(s[name].times))), cpuMsPerHost: { ...Object.fromEntries(cpuMs), all: round(cpuMs.reduce((sum, [, ms]) => sum + ms, 0)) } };
  };
  const against = (name, bare) => ({
    ...of(name),
    throughputRatio: round(over((s) => s[bare].ms / s[name].ms), 2),
    overheadP50Ms: round(over((s) => median(s[name].times) - median(s[bare].times))),
    // What one host more costs, whatever runs beside it.
    overheadPerHostMs: round(over((s) => (s[name].ms - s[bare].ms) / hosts), 2),
  });
  const ofSameShell = (name) => round(over((s) => s.sameShellKept.ms / s[name].ms), 2);
  return {
    newConnections: { bareSsh2: of('bare'), client: against('client', 'bare'), product: against('product', 'bare') },
    keptConnections: {
      bareSsh2: of('bareKept'), bareSsh2SameShell: against('sameShellKept', 'bareKept'),
      client: { ...against('clientKept', 'bareKept'), ofSameShell: ofSameShell('clientKept') }, product: { ...against('productKept', 'bareKept'), ofSameShell: ofSameShell('productKept') },
    },
  };
}
