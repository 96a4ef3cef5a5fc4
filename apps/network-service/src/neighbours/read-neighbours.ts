import { isIP } from 'node:net';
import { ToolFailure } from '@opsmesh/contracts';
import type { NeighbourDto } from './arp-table.dto.js';

/** Flags of an entry of /proc/net/arp (linux/if_arp.h). */
const ATF_COM = 0x02;
const ATF_PERM = 0x04;

/**
 * Reads `ip -json neigh show`.
 * @throws ToolFailure `output-invalid`
 */
export function readIpNeigh(json: string): NeighbourDto[] {
  let rows: unknown;
  try {
    rows = JSON.parse(json.trim() === '' ? '[]' : json);
  } catch {
    throw new ToolFailure('output-invalid', 'ip wrote no readable list of neighbours');
  }
  if (!Array.isArray(rows)) throw new ToolFailure('output-invalid', 'ip wrote no list of neighbours');
  return rows.map((row: unknown) => {
    const { dst, dev, lladdr, state } = row as Record<string, unknown>;
    if (typeof dst !== 'string' || isIP(dst) === 0 || typeof dev !== 'string') throw new ToolFailure('output-invalid', 'ip wrote a neighbour without address or interface');
    const [word] = Array.isArray(state) ? (state as unknown[]) : [state];
    return { address: dst, family: isIP(dst) === 4 ? 'ipv4' : 'ipv6', interface: dev, mac: typeof lladdr === 'string' ? lladdr : null, state: typeof word === 'string' ? word.toLowerCase() : 'none' };
  });
}

/** Reads /proc/net/arp (proc(5)), which knows IPv4 only; lines that are none of its are left out. */
export function readProcArp(text: string): NeighbourDto[] {
  return text.split('\n').flatMap((line): NeighbourDto[] => {
    const [address, type, flags, mac, , dev] = line.trim().split(/\s+/);
    if (address === undefined || isIP(address) !== 4 || type === undefined || flags === undefined || mac === undefined || dev === undefined) return [];
    const bits = Number(flags);
    const known = (bits & ATF_COM) !== 0;
    return [{ address, family: 'ipv4', interface: dev, mac: known ? mac : null, state: (bits & ATF_PERM) !== 0 ? 'permanent' : known ? 'reachable' : 'incomplete' }];
  });
}
