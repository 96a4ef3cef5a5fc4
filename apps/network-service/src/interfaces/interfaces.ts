import { readdir, readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { ToolFailure } from '@opsmesh/contracts';

/** One network interface of the machine the worker runs on. */
export interface NetworkInterface {
  readonly name: string;
  /** `up`, `down`, `unknown` (as loopback is) or another word of RFC 2863, as Linux says it. */
  readonly state: string;
  readonly mac: string | null;
  /** Largest packet, in bytes. */
  readonly mtu: number | null;
  /** Bits a second; null where there is no such figure, as on virtual ones. */
  readonly speed: number | null;
  /** With the length of the prefix: `10.0.0.5/24`. */
  readonly addresses: readonly string[];
}

const FOLDER = '/sys/class/net';

/** Names of all interfaces, also of those that are down. Empty where the machine has no {@link FOLDER}. */
async function interfaceNames(folder = FOLDER): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).sort();
}

/** @throws ToolFailure `target-unknown` when the machine has no interface of this name */
export async function checkInterface(name: string, folder = FOLDER): Promise<void> {
  if (!(await interfaceNames(folder)).includes(name)) throw new ToolFailure('target-unknown', `the machine of the network service has no interface ${name}`);
}

/** All interfaces, by name. */
export async function readInterfaces(folder = FOLDER): Promise<NetworkInterface[]> {
  const addresses = networkInterfaces();
  const read = (name: string, file: string): Promise<string | undefined> => readFile(join(folder, name, file), 'utf8').then((text) => text.trim(), () => undefined);
  const found = await Promise.all((await interfaceNames(folder)).map(async (name): Promise<NetworkInterface | undefined> => {
    const [state, mac, mtu, speed] = await Promise.all([read(name, 'operstate'), read(name, 'address'), read(name, 'mtu'), read(name, 'speed')]);
    // A file beside the interfaces (bonding_masters) is none.
    if (mtu === undefined) return undefined;
    const mega = Number(speed ?? -1);
    return {
      name, state: state ?? 'unknown', mac: mac && !/^(00:)*00$/.test(mac) ? mac : null, mtu: Number(mtu), speed: mega > 0 ? mega * 1_000_000 : null,
      addresses: (addresses[name] ?? []).map(({ address, cidr }) => cidr ?? address),
    };
  }));
  return found.filter((one) => one !== undefined);
}
