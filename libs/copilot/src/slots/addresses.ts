import ipaddr from 'ipaddr.js';

/** Addresses and networks that a text names, in canonical spelling. */
export interface Addresses {
  readonly ips: readonly string[];
  /** Networks as `address/bits`, host bits cleared; ranges are given as the networks that make them up. */
  readonly cidrs: readonly string[];
  /** Texts that look like an address and are none, such as `10.0.0.300`. */
  readonly wrong: readonly string[];
  /** The text with what was read covered by blanks. */
  readonly rest: string;
}

const V4 = String.raw`\d{1,3}(?:\.\d{1,3}){3}`;
const V6 = String.raw`(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}`;
const RANGE = new RegExp(String.raw`(?<![\w.:])(${V4})\s*(?:-|\bto\b|\bthrough\b)\s*(${V4})(?![\w.])`, 'g');
const ONE = new RegExp(String.raw`(?<![\w.:/])(?:${V4}|${V6})(?:/\d{1,3})?(?![\w:/]|\.\w)`, 'g');
const WITH_PORT = new RegExp(String.raw`(?<![\w.:/])(${V4}):\d{1,5}(?![\w.:/])`, 'g');
/** Most networks that a range may be made of. */
const RANGE_PARTS = 32;

export function addressesIn(text: string): Addresses {
  const ips: string[] = [];
  const cidrs: string[] = [];
  const wrong: string[] = [];
  // A port belongs to what is asked, not to the address.
  const withoutRanges = text.replace(WITH_PORT, (all, address: string) => address.padEnd(all.length)).replace(RANGE, (all, from: string, to: string) => {
    const parts = networksOf(from, to);
    if (parts) cidrs.push(...parts);
    else wrong.push(all);
    return ' '.repeat(all.length);
  });
  const rest = withoutRanges.replace(ONE, (all) => {
    if (!/\d|::/.test(all)) return all;
    if (all.includes('/') && ipaddr.isValidCIDR(all)) cidrs.push(networkOf(all));
    else if (!all.includes('/') && ipaddr.isValid(all) && (all.includes(':') || ipaddr.IPv4.isValidFourPartDecimal(all))) ips.push(ipaddr.parse(all).toString());
    else wrong.push(all);
    return ' '.repeat(all.length);
  });
  return { ips: unique(ips), cidrs: unique(cidrs), wrong, rest };
}

function networkOf(cidr: string): string {
  const [address, bits] = ipaddr.parseCIDR(cidr);
  const network = address.kind() === 'ipv4' ? ipaddr.IPv4.networkAddressFromCIDR(cidr) : ipaddr.IPv6.networkAddressFromCIDR(cidr);
  return `${network.toString()}/${bits}`;
}

/** The smallest list of networks from one IPv4 address to another, undefined when there is none or it is too long. */
function networksOf(from: string, to: string): string[] | undefined {
  if (!ipaddr.IPv4.isValidFourPartDecimal(from) || !ipaddr.IPv4.isValidFourPartDecimal(to)) return undefined;
  let at = numberOf(from);
  const last = numberOf(to);
  if (at > last) return undefined;
  const parts: string[] = [];
  while (at <= last) {
    let bits = 32;
    while (bits > 0 && at % 2 ** (33 - bits) === 0 && at + 2 ** (33 - bits) - 1 <= last) bits--;
    parts.push(`${[24, 16, 8, 0].map((s) => Math.floor(at / 2 ** s) % 256).join('.')}/${bits}`);
    if (parts.length > RANGE_PARTS) return undefined;
    at += 2 ** (32 - bits);
  }
  return parts;
}

function numberOf(address: string): number {
  return ipaddr.IPv4.parse(address).toByteArray().reduce((sum, byte) => sum * 256 + byte, 0);
}

function unique(values: string[]): string[] {
  return [...new Set(values)];
}
