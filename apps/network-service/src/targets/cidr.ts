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

/** The network in `address/length`, with the host bits cleared, or undefined. A network of IPv4-mapped addresses is the one of their IPv4 addresses. */
export function parseNetwork(text: string): Cidr | undefined {
  if (text.includes('%')) return undefined;
  if (ipaddr.IPv4.isValidCIDRFourPartDecimal(text)) {
    return { network: ipaddr.IPv4.networkAddressFromCIDR(text), prefix: ipaddr.IPv4.parseCIDR(text)[1] };
  }
  if (ipaddr.IPv6.isValidCIDR(text)) {
    const network = ipaddr.IPv6.networkAddressFromCIDR(text);
    const prefix = ipaddr.IPv6.parseCIDR(text)[1];
    return prefix >= EMBEDDED_AT && network.isIPv4MappedAddress() ? { network: network.toIPv4Address(), prefix: prefix - EMBEDDED_AT } : { network, prefix };
  }
  return undefined;
}

/** Bits before an IPv4 address that is part of an IPv6 one. */
const EMBEDDED_AT = 96;
/** IPv6 addresses that lead to the IPv4 address in them: of a translator (RFC 6052, section 2.1), and IPv4-compatible ones (RFC 4291, section 2.5.5.1). */
const EMBEDDING = ['64:ff9b::', '::'].map((text) => ipaddr.IPv6.parse(text).toByteArray().slice(0, EMBEDDED_AT / 8));
/** `::` and `::1` have the form of IPv4-compatible addresses and are none. */
const UNSPECIFIED_AND_LOOPBACK: Cidr = { network: ipaddr.IPv6.parse('::'), prefix: 127 };

/** A network and all others that lead to the same hosts. */
export function allForms(cidr: Cidr): Cidr[] {
  if (cidr.network.kind() !== 'ipv4') return [cidr];
  const embedded = EMBEDDING.map((bytes): Cidr => ({ network: new ipaddr.IPv6([...bytes, ...cidr.network.toByteArray()]), prefix: EMBEDDED_AT + cidr.prefix }));
  return [cidr, ...embedded.filter((form) => !contains(form, UNSPECIFIED_AND_LOOPBACK))];
}

/** Whether every address of `inner` is in `outer`. */
export function contains(outer: Cidr, inner: Cidr): boolean {
  return outer.network.kind() === inner.network.kind() && inner.prefix >= outer.prefix && inner.network.match(outer.network, outer.prefix);
}

/** The same addresses with none of them twice, in the order given: without networks that are equal to another or lie in one. Two networks overlap in no other way. */
export function distinctCidrs(cidrs: readonly Cidr[]): Cidr[] {
  return cidrs.filter((cidr, i) => !cidrs.some((other, k) => k !== i && contains(other, cidr) && (k < i || !contains(cidr, other))));
}

/** Number of addresses, exact. */
export function sizeOf(cidr: Cidr): bigint {
  return 1n << BigInt(bitsOf(cidr.network) - cidr.prefix);
}

export function isSingle(cidr: Cidr): boolean {
  return cidr.prefix === bitsOf(cidr.network);
}

/** An address as `10.0.0.1` or `fd00::1`, a larger network with `/length`. */
export function formatCidr(cidr: Cidr): string {
  const address = cidr.network.toString();
  return isSingle(cidr) ? address : `${address}/${cidr.prefix}`;
}
