import { isIP } from 'node:net';
import type { TracerouteHopDto, TracerouteProbeDto } from './traceroute.dto.js';

const HOP = /^ ?(\d{1,3}) (?= )/;
/** What follows the hop's number: nobody, an address, a time with its unit, or a mark of the probe before it. */
const TOKEN = / +(?:(\*)|(\d+(?:\.\d+)?) ms|(![A-Z<>\d-]*)|(\S+))/y;

/**
 * Reads what `traceroute -n` prints, hop by hop; the line of a stopped traceroute that has no end is left out.
 * @returns undefined when a line is none that traceroute prints
 */
export function readTraceroute(stdout: string): TracerouteHopDto[] | undefined {
  const lines = stdout.split('\n').slice(0, -1);
  const hops: TracerouteHopDto[] = [];
  for (const line of lines) {
    if (line.startsWith('traceroute to ') || line.trim() === '') continue;
    const hop = readHop(line);
    if (!hop) return undefined;
    hops.push(hop);
  }
  return hops;
}

function readHop(line: string): TracerouteHopDto | undefined {
  const head = HOP.exec(line);
  if (!head) return undefined;
  const probes: TracerouteProbeDto[] = [];
  let address: string | null = null;
  TOKEN.lastIndex = head[0].length;
  while (TOKEN.lastIndex < line.trimEnd().length) {
    const token = TOKEN.exec(line);
    if (!token) return undefined;
    const [, nobody, time, mark, word] = token;
    if (nobody !== undefined) {
      probes.push({ address: null, rttMs: null });
    } else if (time !== undefined) {
      if (address === null) return undefined;
      probes.push({ address, rttMs: Number(time) });
    } else if (mark !== undefined) {
      const last = probes.at(-1);
      if (!last) return undefined;
      last.mark = mark;
    } else {
      if (isIP(word!) === 0) return undefined;
      address = word!;
    }
  }
  return { hop: Number(head[1]), address: probes.find((probe) => probe.address !== null)?.address ?? null, probes };
}
