import { accessSync, constants } from 'node:fs';
import { ToolFailure } from '@opsmesh/contracts';
import { runBinary } from './process/run-binary.js';

/** Where the programs may be, best first. The search path is never consulted. */
const PLACES = {
  ping: ['/usr/bin/ping', '/bin/ping', '/usr/sbin/ping', '/sbin/ping'],
  nmap: ['/usr/bin/nmap', '/usr/local/bin/nmap'],
} as const satisfies Record<string, readonly string[]>;

export type BinaryName = keyof typeof PLACES;

/** Debian package of each program. */
const PACKAGES: Readonly<Record<BinaryName, string>> = { ping: 'iputils-ping', nmap: 'nmap' };

/** Longest time of the raw-socket probe, in milliseconds. */
const PROBE_MS = 10_000;

/** What this machine lets the network tools do, found out once at the start. */
export class Capabilities {
  constructor(
    private readonly paths: Readonly<Partial<Record<BinaryName, string>>>,
    /** Whether nmap can open raw sockets here (`CAP_NET_RAW`), which a SYN scan needs. */
    readonly rawSockets: boolean,
  ) {}

  /** @throws ToolFailure `capability-missing`, saying what to install */
  pathOf(binary: BinaryName): string {
    const path = this.paths[binary];
    if (path === undefined) {
      throw new ToolFailure('capability-missing', `${binary} is not installed where this worker runs: install it (Debian: apt-get install ${PACKAGES[binary]}) and restart the worker`, {
        cause: PLACES[binary].join(', '),
      });
    }
    return path;
  }

  /** Names of the programs that were not found. */
  missing(): BinaryName[] {
    return (Object.keys(PLACES) as BinaryName[]).filter((name) => this.paths[name] === undefined);
  }
}

/** Looks for the programs and tries raw sockets on loopback. */
export async function probeCapabilities(isExecutable: (path: string) => boolean = executable): Promise<Capabilities> {
  const paths: Partial<Record<BinaryName, string>> = {};
  for (const name of Object.keys(PLACES) as BinaryName[]) {
    const path = PLACES[name].find(isExecutable);
    if (path !== undefined) paths[name] = path;
  }
  return new Capabilities(paths, paths.nmap !== undefined && (await nmapHasRawSockets(paths.nmap)));
}

/**
 * `CapEff` of our own process would not tell: nmap may have the capability from its file while we have none, and a sandbox may refuse
 * raw sockets to root. So one SYN goes to port 9 of our own loopback.
 */
async function nmapHasRawSockets(path: string): Promise<boolean> {
  const argv = ['-n', '-Pn', '-sS', '-p', '9', '-oX', '-', '--', '127.0.0.1'];
  try {
    const { end, stdout } = await runBinary({ path, argv, env: { NMAP_PRIVILEGED: '1' }, signal: AbortSignal.timeout(PROBE_MS) });
    return end.kind === 'exited' && end.code === 0 && /<scaninfo type="syn"/.test(stdout) && /<finished [^>]*exit="success"/.test(stdout);
  } catch {
    return false;
  }
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
