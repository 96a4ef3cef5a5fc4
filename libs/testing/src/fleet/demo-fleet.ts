import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostSpec, SimulatedDisk } from './host-spec.js';
import { newHostKey } from './simulated-host.js';

/** What an inventory needs to know of a demo host. */
export interface DemoHost {
  readonly spec: HostSpec;
  readonly tags: readonly string[];
  readonly os: string;
  readonly environment: string;
  readonly location: string;
}

export interface DemoOptions {
  readonly port: number;
  /** Folder in which host keys and passwords are kept, so that a second start has the same. */
  readonly data: string;
}

interface Kept {
  readonly hostKey: string;
  readonly password: string;
}

const GB = 1_000_000_000;
const disk = (mount: string, size: number, used: number): SimulatedDisk => ({ filesystem: `/dev/sim${mount === '/' ? 1 : 2}`, mount, sizeBytes: size * GB, usedBytes: Math.round(used * GB) });

const HOSTS = [
  { hostname: 'web-01', tags: ['linux', 'web'], environment: 'production', location: 'fra-1', disks: [disk('/', 40, 12.4), disk('/var/log', 20, 7.9)] },
  { hostname: 'web-02', tags: ['linux', 'web'], environment: 'production', location: 'fra-1', disks: [disk('/', 40, 21.7)] },
  { hostname: 'web-03', tags: ['linux', 'web'], environment: 'staging', location: 'ams-2', disks: [disk('/', 40, 37.2)] },
  { hostname: 'web-04', tags: ['linux', 'web'], environment: 'production', location: 'ams-2', disks: [disk('/', 40, 9.1)], down: true },
  { hostname: 'db-01', tags: ['linux', 'db'], environment: 'production', location: 'fra-1', disks: [disk('/', 80, 18.3), disk('/var/lib/postgresql', 500, 311.5)] },
  { hostname: 'bastion-01', tags: ['linux', 'bastion'], environment: 'production', location: 'fra-1', disks: [disk('/', 20, 3.2)] },
];

/** The six hosts of the demo, at 127.0.1.11 to 127.0.1.16. Nothing listens at web-04. */
export function demoFleet({ port, data }: DemoOptions): DemoHost[] {
  mkdirSync(data, { recursive: true, mode: 0o700 });
  return HOSTS.map(({ hostname, tags, environment, location, disks, down }, i) => ({
    spec: { hostname, address: `127.0.1.${11 + i}`, port, username: 'ops', disks, refusesConnections: down === true, ...kept(join(data, `${hostname}.json`)) },
    tags, os: 'linux', environment, location,
  }));
}

function kept(file: string): Kept {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Kept;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const made: Kept = { hostKey: newHostKey(), password: randomBytes(18).toString('base64url') };
    writeFileSync(file, JSON.stringify(made), { mode: 0o600 });
    chmodSync(file, 0o600);
    return made;
  }
}
