// WinRM to simulated Windows hosts, sealed NTLM over HTTP: by libs/winrm alone, by the product's client over it, and by the whole product, in turn in one run.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { winRmClient } from '../libs/winrm/dist/index.js';
import { DEFAULT_WINDOWS_LIMITS, PowerShellClient } from '../apps/automation-service/dist/winrm/powershell-client.js';
import { median } from './machine.mjs';
import { startProduct } from './product.mjs';
import { overHosts } from './ssh-loops.mjs';

const MEGABYTE = 1_000_000;
const SHELLS = 50;
const BIG = `write-utf8 ${MEGABYTE}`;
const SMALL = 'hostname';
const HOSTS = 200;
/** A script that waits for its host, not for our machine, and how many shells there are at a time. */
const LATE = 'Start-Sleep -Milliseconds 500; hostname';
const LATE_SHELLS = [20, SHELLS];
/** Rounds before anything is measured, so that the code of every process is compiled. */
const WARM_UPS = 3;

/** Time of 1 MB of output from one host, of one script on each of 50 hosts at once, and of one that takes half a second on each of 200, some at a time. */
export async function benchWinrm({ rounds, say }) {
  const child = fork(join(dirname(fileURLToPath(import.meta.url)), 'windows-hosts.mjs'), [String(HOSTS), String(SHELLS)], { stdio: ['ignore', 2, 2, 'ipc'] });
  let product;
  try {
    const [hosts] = await once(child, 'message');
    product = await startProduct(hosts);
    const client = new PowerShellClient({ limits: { ...DEFAULT_WINDOWS_LIMITS, handshakes: SHELLS, channels: SHELLS } });
    const loops = { bare: bareRun, client: clientRun(client) };
    const all = (script, { tag, bytes, atOnce = SHELLS }) => ({
      ...Object.fromEntries(Object.entries(loops).map(([name, run]) => [name, () => overHosts(hosts.filter((h) => h.tags.includes(tag)), atOnce, (h) => run(h, script, bytes))])),
      product: () => product.run({ tool: 'run-powershell', inputs: { script, maxOutputBytes: 2 * MEGABYTE }, tag, atOnce }),
    });
    const rows = {
      big: all(BIG, { tag: 'big', bytes: MEGABYTE }), shells: all(SMALL, { tag: 'few' }),
      ...Object.fromEntries(LATE_SHELLS.map((atOnce) => [`late${atOnce}`, all(LATE, { tag: 'bench', atOnce })])),
    };
    const samples = [];
    for (let round = -WARM_UPS; round < rounds; round++) {
      const sample = {};
      for (const [row, ways] of Object.entries(rows)) for (const [name, work] of Object.entries(ways)) (sample[row] ??= {})[name] = await work();
      if (round >= 0) samples.push(sample);
    }
    client.onApplicationShutdown();
    const figures = summary(samples);
    say(`WinRM: ${JSON.stringify(figures)}`);
    return figures;
  } finally {
    await product?.stop();
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  }
}

async function bareRun({ ip, port, username, password }, script, bytes) {
  const result = await winRmClient.run({ host: ip, port, transport: 'http', auth: { kind: 'ntlm', username, password }, script, deliver: 'stdin', maxOutputBytes: 2 * MEGABYTE });
  if (result.kind !== 'exited' || result.exitCode !== 0 || (bytes && result.stdoutBytes !== bytes)) throw new Error(JSON.stringify(result).slice(0, 500));
}

function clientRun(client) {
  return async ({ hostname, ip, port, username, password }, script, bytes) => {
    const outcome = await client.run({
      tenantId: 'bench', connection: { assetId: hostname, hostname, address: ip, protocol: 'winrm', port, tls: false, credentialId: 'c' }, credential: { kind: 'winrm', username, password },
      run: { script, deliver: 'stdin' }, maxOutputBytes: 2 * MEGABYTE, deadline: performance.now() + 120_000, signal: new AbortController().signal, stdout: 'text', beforeStart: () => undefined,
    });
    if (outcome.kind !== 'ok' || (bytes && Buffer.byteLength(outcome.output.stdout) !== bytes)) throw new Error(JSON.stringify(outcome).slice(0, 500));
  };
}

function summary(samples) {
  const round = (n, digits = 1) => Number(n.toFixed(digits));
  const over = (value) => median(samples.map(value));
  const ratio = (row, name) => (name === 'bare' ? {} : { throughputRatio: round(over((s) => s[row].bare.ms / s[row][name].ms), 2) });
  const named = (of) => Object.fromEntries(['bare', 'client', 'product'].map((name) => [name === 'bare' ? 'winrm' : name, of(name)]));
  const shells = (row, hosts) => named((name) => ({
    shellsPerSecond: round(over((s) => hosts / (s[row][name].ms / 1000))), p50Ms: round(over((s) => median(s[row][name].times))), ...ratio(row, name),
    ...(name === 'bare' ? {} : { overheadPerShellMs: round(over((s) => (s[row][name].ms - s[row].bare.ms) / hosts), 2) }),
  }));
  return {
    'one output of 1 MB': named((name) => ({ megabytesPerSecond: round(over((s) => 1000 / s.big[name].ms), 2), ms: round(over((s) => s.big[name].ms)), ...ratio('big', name) })),
    [`${SHELLS} shells at once`]: shells('shells', SHELLS),
    ...Object.fromEntries(LATE_SHELLS.map((atOnce) => [`${HOSTS} scripts of 500 ms, ${atOnce} shells at a time`, shells(`late${atOnce}`, HOSTS)])),
  };
}
