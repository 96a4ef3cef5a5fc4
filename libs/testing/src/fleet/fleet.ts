import { chmodSync, chownSync, closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SimulatedWindowsHost } from '../winrm/windows-host.js';
import type { WindowsHostSpec } from '../winrm/windows-host-spec.js';
import type { HostSpec } from './host-spec.js';
import { ledgerLine, readLedger, type LedgerEntry } from './ledger.js';
import { environmentOf, writePrograms } from './programs.js';
import { SimulatedHost } from './simulated-host.js';

export interface FleetOptions {
  readonly hosts: readonly HostSpec[];
  /** Windows hosts, over WinRM; none by default. */
  readonly windowsHosts?: readonly WindowsHostSpec[];
  /** File that the program `ledger` appends to; one of the fleet's own by default. */
  readonly ledgerFile?: string;
}

export interface Fleet {
  readonly hosts: readonly SimulatedHost[];
  /** @throws Error when there is no such host */
  host(hostname: string): SimulatedHost;
  readonly windowsHosts: readonly SimulatedWindowsHost[];
  /** @throws Error when there is no such host */
  windowsHost(hostname: string): SimulatedWindowsHost;
  /** Most commands that ran at once over all hosts. */
  readonly peak: number;
  readLedger(): Promise<LedgerEntry[]>;
  stop(): Promise<void>;
}

/** The user and group nobody of Linux; commands run as it when we are root, so that they can change nothing of the machine. */
const NOBODY = { uid: 65534, gid: 65534 };

/** Starts the hosts; when one cannot listen, those that could are stopped and the error is thrown. */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const folder = mkdtempSync(join(tmpdir(), 'opsmesh-fleet-'));
  chmodSync(folder, 0o755);
  const programs = join(folder, 'bin');
  writePrograms(programs);
  const runAs = process.getuid?.() === 0 ? NOBODY : undefined;
  const ledger = options.ledgerFile ?? join(folder, 'ledger');
  // Handed to the commands open: they may not be allowed into its folder.
  const ledgerHandle = openSync(ledger, 'a', 0o600);

  let running = 0;
  let peak = 0;
  const onRunning = (change: 1 | -1) => {
    running += change;
    peak = Math.max(peak, running);
  };
  const hosts = options.hosts.map((spec) => {
    const home = join(folder, 'home', spec.hostname);
    mkdirSync(home, { recursive: true, mode: 0o755 });
    if (runAs) chownSync(home, runAs.uid, runAs.gid);
    return new SimulatedHost(spec, { home, environment: environmentOf(spec, { programs, home }), ledger: ledgerHandle, runAs, onRunning });
  });
  const windowsHosts = (options.windowsHosts ?? []).map((spec) => new SimulatedWindowsHost(spec, (argument) => writeSync(ledgerHandle, ledgerLine({ host: spec.hostname, argument, at: Date.now() }))));
  const all = [...hosts, ...windowsHosts];
  const stop = async () => {
    await Promise.all(all.map((h) => h.stop()));
    closeSync(ledgerHandle);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  const started = await Promise.allSettled(all.map((h) => h.listen()));
  const failed = started.find((s) => s.status === 'rejected');
  if (failed) {
    await stop();
    throw failed.reason;
  }
  return {
    hosts,
    host: (hostname) => named(hosts, hostname),
    windowsHosts,
    windowsHost: (hostname) => named(windowsHosts, hostname),
    get peak() { return peak; },
    readLedger: () => readLedger(ledger),
    stop,
  };
}

function named<H extends { readonly spec: { readonly hostname: string } }>(hosts: readonly H[], hostname: string): H {
  const host = hosts.find((h) => h.spec.hostname === hostname);
  if (!host) throw new Error(`the fleet has no host ${hostname}`);
  return host;
}
