// WinRM to a simulated Windows host, sealed NTLM over HTTP: by libs/winrm alone and by the product's client over it, in turn in one run.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { winRmClient } from '../libs/winrm/dist/index.js';
import { DEFAULT_WINDOWS_LIMITS, PowerShellClient } from '../apps/automation-service/dist/winrm/powershell-client.js';
import { median } from './machine.mjs';
import { overHosts } from './ssh-loops.mjs';

const MEGABYTE = 1_000_000;
const SHELLS = 50;

/** Time of 1 MB of output, and of 50 scripts at once. */
export async function benchWinrm({ rounds, say }) {
  const child = fork(join(dirname(fileURLToPath(import.meta.url)), 'windows-host.mjs'), [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  try {
    const [host] = await once(child, 'message');
    const bare = bareRun(host);
    const product = new PowerShellClient({ limits: { ...DEFAULT_WINDOWS_LIMITS, handshakes: SHELLS, channels: SHELLS } });
    const client = clientRun(host, product);
    const samples = { bare: [], client: [], bareShells: [], clientShells: [] };
    const shells = Array.from({ length: SHELLS }, (_, i) => `shell ${i}`);
    // One more at first, which lets the code be compiled and is not counted.
    for (let round = -1; round < rounds; round++) {
      const big = [];
      for (const run of [bare, client]) big.push(await overHosts(['one'], 1, () => run(`write-utf8 ${MEGABYTE}`, MEGABYTE)));
      const many = [];
      for (const run of [bare, client]) many.push(await overHosts(shells, SHELLS, () => run('hostname')));
      if (round < 0) continue;
      for (const [i, name] of ['bare', 'client'].entries()) {
        samples[name].push(big[i]);
        samples[`${name}Shells`].push(many[i]);
      }
    }
    product.onApplicationShutdown();
    const figures = summary(samples);
    say(`WinRM: ${JSON.stringify(figures)}`);
    return figures;
  } finally {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  }
}

function bareRun({ address, port, username, password }) {
  return async (script, bytes) => {
    const result = await winRmClient.run({ host: address, port, transport: 'http', auth: { kind: 'ntlm', username, password }, script, deliver: 'stdin', maxOutputBytes: 2 * MEGABYTE });
    if (result.kind !== 'exited' || result.exitCode !== 0 || (bytes && result.stdoutBytes !== bytes)) throw new Error(JSON.stringify(result).slice(0, 500));
  };
}

function clientRun({ address, port, username, password }, client) {
  return async (script, bytes) => {
    const outcome = await client.run({
      tenantId: 'bench', connection: { assetId: 'w', hostname: 'WIN-BENCH', address, protocol: 'winrm', port, tls: false, credentialId: 'c' }, credential: { kind: 'winrm', username, password },
      run: { script, deliver: 'stdin' }, maxOutputBytes: 2 * MEGABYTE, deadline: performance.now() + 120_000, signal: new AbortController().signal, stdout: 'text', beforeStart: () => undefined,
    });
    if (outcome.kind !== 'ok' || (bytes && Buffer.byteLength(outcome.output.stdout) !== bytes)) throw new Error(JSON.stringify(outcome).slice(0, 500));
  };
}

function summary({ bare, client, bareShells, clientShells }) {
  const round = (n, digits = 1) => Number(n.toFixed(digits));
  const megabytes = (samples) => ({ megabytesPerSecond: round(median(samples.map((s) => 1000 / s.ms)), 2) });
  const shells = (samples) => ({ shellsPerSecond: round(median(samples.map((s) => SHELLS / (s.ms / 1000)))), p50Ms: round(median(samples.flatMap((s) => s.times))) });
  const ratio = (of, to) => round(median(of.map((s, i) => to[i].ms / s.ms)), 2);
  return {
    'one output of 1 MB': { winrm: megabytes(bare), client: { ...megabytes(client), throughputRatio: ratio(client, bare) } },
    '50 shells at once': { winrm: shells(bareShells), client: { ...shells(clientShells), throughputRatio: ratio(clientShells, bareShells), overheadPerShellMs: round(median(clientShells.map((s, i) => (s.ms - bareShells[i].ms) / SHELLS)), 2) } },
  };
}
