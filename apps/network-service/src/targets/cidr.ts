import ipaddr from 'ipaddr.js';

/** A network: its lowest address and the length of its prefix in bits. One address is a network of full length. */
export interface Cidr {
  readonly network: ipaddr.IPv4 | ipaddr.IPv6;
  readonly prefix: number;
}

const bitsOf = (address: ipaddr.IPv4 | ipaddr.IPv6): number => address.toByteArray().length * 8;

/**
 * The address in a text, or undefined. Only the usual spellings count: four decimal parts without leading zeros (no octal, hex or
 * short forms, which resolvers read in different ways) and RFC 4291 without a zone. An IPv4-mapped IPv6 address is its IPv4 address.
 */
export function parseAddress(text: string): Cidr | undefined {
  if (text.includes('%') || text.includes('/')) return undefined;
  if (!ipaddr.IPv4.isValidFourPartDecimal(text) && !ipaddr.IPv6.isValid(text)) return undefined;
  const network = ipaddr.process(text);
  return { network, prefix: bitsOf(network) };
}

/** The network in `address/length`, with the host bits cleared, or undefined. */
export function parseNetwork(text: string): Cidr | undefined {
  if (text.includes('%')) return undefined;
  if (ipaddr.IPv4.isValidCIDRFourPartDecimal(text)) {
    return { network: ipaddr.IPv4.networkAddressFromCIDR(text), prefix: ipaddr.IPv4.parseCIDR(text)[1] };
  }
  if (ipaddr.IPv6.isValidCIDR(text)) {
    return { network: ipaddr.IPv6.networkAddressFromCIDR(text), prefix: ipaddr.IPv6.parseCIDR(text)[1] };
  }
  return undefined;
}

/** Whether every address of `inner` is in `outer`. */
export function contains(outer: Cidr, inner: Cidr): boolean {
  return outer.network.kind() === inner.network.kind() && inner.prefix >= outer.prefix && inner.network.match(outer.network, outer.prefix);
}

/** Number of addresses. Exact up to 2^53, which is far above every cap. */
export function sizeOf(cidr: Cidr): number {
  return 2 ** (bitsOf(cidr.network) - cidr.prefix);
}

export function isSingle(cidr: Cidr): boolean {
  return cidr.prefix === bitsOf(cidr.network);
}

/** An address as `10.0.0.1` or `fd00::1`, a larger network with `/length`. */
export function formatCidr(cidr: Cidr): string {
  const address = cidr.network.toString();
  return isSingle(cidr) ? address : `${address}/${cidr.prefix}`;
}
