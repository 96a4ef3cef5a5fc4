import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WindowsHostSpec } from '../winrm/windows-host-spec.js';
import { volume } from '../winrm/windows-state.js';
import type { HostSpec, SimulatedDisk } from './host-spec.js';
import { newSshKey } from './simulated-host.js';

/** What an inventory needs to know of a demo host. */
export interface DemoHost<Spec = HostSpec> {
  readonly spec: Spec;
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

const GB = 1_000_000_000;
const disk = (mount: string, size: number, used: number): SimulatedDisk => ({ filesystem: `/dev/sim${mount === '/' ? 1 : 2}`, mount, sizeBytes: size * GB, usedBytes: Math.round(used * GB) });

const WEB = ['cron', 'nginx', 'ssh'];
const HOSTS = [
  { hostname: 'web-01', tags: ['linux', 'web'], environment: 'production', location: 'fra-1', services: WEB, disks: [disk('/', 40, 12.4), disk('/var/log', 20, 7.9)] },
  { hostname: 'web-02', tags: ['linux', 'web'], environment: 'production', location: 'fra-1', services: WEB, disks: [disk('/', 40, 21.7)] },
  { hostname: 'web-03', tags: ['linux', 'web'], environment: 'staging', location: 'ams-2', services: WEB, disks: [disk('/', 40, 37.2)] },
  { hostname: 'web-04', tags: ['linux', 'web'], environment: 'production', location: 'ams-2', services: WEB, disks: [disk('/', 40, 9.1)], down: true },
  { hostname: 'db-01', tags: ['linux', 'db'], environment: 'production', location: 'fra-1', services: ['cron', 'postgresql', 'ssh'], disks: [disk('/', 80, 18.3), disk('/var/lib/postgresql', 500, 311.5)] },
  { hostname: 'bastion-01', tags: ['linux', 'bastion'], environment: 'production', location: 'fra-1', services: ['cron', 'ssh'], disks: [disk('/', 20, 3.2)] },
];

const WINDOWS_HOSTS = [
  { hostname: 'pc-win10-01', location: 'fra-1', volumes: [volume('C', 'Windows', 256, 97.3)] },
  { hostname: 'pc-win10-02', location: 'fra-1', volumes: [volume('C', 'Windows', 512, 388.6), volume('D', 'Data', 1024, 640.2)] },
  { hostname: 'pc-win10-03', location: 'ams-2', volumes: [volume('C', 'Windows', 128, 3.9)] },
  { hostname: 'pc-win10-04', location: 'ams-2', volumes: [volume('C', 'Windows', 256, 141.8)] },
];

/** The six Linux hosts of the demo, at 127.0.1.11 to 127.0.1.16. Nothing listens at web-04. */
export function demoFleet({ port, data }: DemoOptions): DemoHost[] {
  return HOSTS.map(({ hostname, tags, environment, location, disks, services, down }, i) => ({
    spec: { hostname, address: `127.0.1.${11 + i}`, port, username: 'ops', disks, services, refusesConnections: down === true, ...kept({ data, hostname }, () => ({ hostKey: newSshKey().private, password: newPassword() })) },
    tags, os: 'linux', environment, location,
  }));
}

/** The four Windows hosts of the demo, at 127.0.1.21 to 127.0.1.24. They speak sealed NTLM and nothing else. */
export function demoWindowsFleet({ port, data }: DemoOptions): DemoHost<WindowsHostSpec>[] {
  return WINDOWS_HOSTS.map(({ hostname, location, volumes }, i) => ({
    spec: { hostname, address: `127.0.1.${21 + i}`, port, username: 'ops', state: { volumes }, ...kept({ data, hostname }, () => ({ password: newPassword() })) },
    tags: ['windows', 'win10'], os: 'windows', environment: 'production', location,
  }));
}

function newPassword(): string {
  return randomBytes(18).toString('base64url');
}

/** What was made for a host at its first start. */
function kept<T>({ data, hostname }: { readonly data: string; readonly hostname: string }, make: () => T): T {
  const file = join(data, `${hostname}.json`);
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    mkdirSync(data, { recursive: true, mode: 0o700 });
    const made = make();
    writeFileSync(file, JSON.stringify(made), { mode: 0o600 });
    chmodSync(file, 0o600);
    return made;
  }
}
