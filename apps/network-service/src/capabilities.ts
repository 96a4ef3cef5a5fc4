import { accessSync, constants } from 'node:fs';
import { ToolFailure } from '@opsmesh/contracts';
import { type BinaryCall, runBinary, runProgram } from './process/run-binary.js';
import { CappedBytes } from './process/sinks.js';

/** Where the programs may be, best first. The search path is never consulted. */
const PLACES = {
  ping: ['/usr/bin/ping', '/bin/ping', '/usr/sbin/ping', '/sbin/ping'],
  nmap: ['/usr/bin/nmap', '/usr/local/bin/nmap'],
  traceroute: ['/usr/bin/traceroute', '/usr/sbin/traceroute', '/sbin/traceroute'],
  tcpdump: ['/usr/bin/tcpdump', '/usr/sbin/tcpdump'],
  tshark: ['/usr/bin/tshark'],
  ip: ['/usr/sbin/ip', '/usr/bin/ip', '/sbin/ip', '/bin/ip'],
} as const satisfies Record<string, readonly string[]>;

export type BinaryName = keyof typeof PLACES;
export const BINARIES = Object.keys(PLACES) as BinaryName[];

/** Debian package of each program. */
const PACKAGES: Readonly<Record<BinaryName, string>> = { ping: 'iputils-ping', nmap: 'nmap', traceroute: 'traceroute', tcpdump: 'tcpdump', tshark: 'tshark', ip: 'iproute2' };

/** What needs more than an ordinary account, and whose lack is worked around or said. */
export const RIGHTS = ['nmap-raw-sockets', 'ping', 'traceroute-icmp', 'traceroute-tcp', 'capture'] as const;
export type Right = (typeof RIGHTS)[number];

/** Longest time of one probe, in milliseconds. */
const PROBE_MS = 10_000;
/** Length of the header that tcpdump writes as soon as it listens, in bytes. */
const PCAP_HEADER_BYTES = 24;

/** What this machine lets the network tools do, found out once at the start. */
export class Capabilities {
  constructor(private readonly paths: Readonly<Partial<Record<BinaryName, string>>>, private readonly rights: ReadonlySet<Right>) {}

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

  has(binary: BinaryName): boolean {
    return this.paths[binary] !== undefined;
  }

  /** Whether it worked when it was tried at the start. */
  may(right: Right): boolean {
    return this.rights.has(right);
  }

  /** Names of the programs that were not found. */
  missing(): BinaryName[] {
    return BINARIES.filter((name) => !this.has(name));
  }

  /** Rights that were tried in vain, of programs that are there. */
  lacking(): Right[] {
    return RIGHTS.filter((right) => this.has(NEEDS[right]) && !this.may(right));
  }
}

const NEEDS: Readonly<Record<Right, BinaryName>> = { 'nmap-raw-sockets': 'nmap', ping: 'ping', 'traceroute-icmp': 'traceroute', 'traceroute-tcp': 'traceroute', capture: 'tcpdump' };

/**
 * Looks for the programs and tries on loopback what they are allowed. `CapEff` of our own process would not tell: a program may have a
 * capability from its file while we have none, and a sandbox may refuse raw sockets to root.
 * @param find where a program is, undefined when it is not there
 */
export async function probeCapabilities(find: (binary: BinaryName, places: readonly string[]) => string | undefined = findExecutable): Promise<Capabilities> {
  const paths: Partial<Record<BinaryName, string>> = {};
  for (const name of BINARIES) {
    const path = find(name, PLACES[name]);
    if (path !== undefined) paths[name] = path;
  }
  const tried = await Promise.all(RIGHTS.map(async (right) => {
    const path = paths[NEEDS[right]];
    return path !== undefined && (await PROBES[right](path).catch(() => false));
  }));
  return new Capabilities(paths, new Set(RIGHTS.filter((_right, i) => tried[i])));
}

const PROBES: Readonly<Record<Right, (path: string) => Promise<boolean>>> = {
  // One SYN to port 9 of our own loopback.
  'nmap-raw-sockets': async (path) => {
    const stdout = await outputOf({ path, argv: ['-n', '-Pn', '-sS', '-p', '9', '-oX', '-', '--', '127.0.0.1'], env: { NMAP_PRIVILEGED: '1' } });
    return /<scaninfo type="syn"/.test(stdout) && /<finished [^<>]*exit="success"/.test(stdout);
  },
  ping: async (path) => / 1 received/.test(await outputOf({ path, argv: ['-n', '-q', '-c', '1', '-W', '2', '--', '127.0.0.1'] })),
  'traceroute-icmp': async (path) => / 127\.0\.0\.1 /.test(await outputOf({ path, argv: ['-n', '-I', '-q', '1', '-m', '1', '-w', '2', '--', '127.0.0.1'] })),
  'traceroute-tcp': async (path) => / 127\.0\.0\.1 /.test(await outputOf({ path, argv: ['-n', '-T', '-p', '9', '-q', '1', '-m', '1', '-w', '2', '--', '127.0.0.1'] })),
  // It listens on loopback until it has said so, which is when more than all but the last byte of its header has come.
  capture: async (path) => {
    const { end } = await runProgram({ path, argv: ['-i', 'lo', '-n', '-U', '-w', '-', '--', 'less 1'], signal: AbortSignal.timeout(PROBE_MS) }, new CappedBytes(PCAP_HEADER_BYTES - 1));
    return end.kind === 'stopped' && end.why === 'output-limit';
  },
};

async function outputOf(call: Omit<BinaryCall, 'signal'>): Promise<string> {
  const { end, stdout } = await runBinary({ ...call, signal: AbortSignal.timeout(PROBE_MS) });
  return end.kind === 'exited' && end.code === 0 ? stdout : '';
}

/** The first of the places with something that may be executed. */
export function findExecutable(_binary: BinaryName, places: readonly string[]): string | undefined {
  return places.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
