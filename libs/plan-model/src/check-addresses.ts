import ipaddr from 'ipaddr.js';
import type { Findings } from './diagnostics.js';
import { pointerOf } from './json-pointer.js';
import type { Json, JsonObject } from './plan.js';

/** Names of inputs that hold addresses, networks or ranges. */
const NAMED = /(^|_)(cidrs?|ranges?|subnets?|networks?|targets?|hosts?|ips?|addresses|address)($|_)/;
/** What can only be meant as an IPv4 address, network or range: a host name's last part has a letter. */
const IPV4_LIKE = /^\d+(\.\d+){2,}(\/[^/]*|-[\d.]*)?$/;
const IPV6_NETWORK = /^(?=[0-9a-f.]*:)[0-9a-f:.]+(\/[^/]*)?$/i;

/** Checks texts that can only be meant as an address, a network (CIDR) or a range, in inputs that are named so. */
export function checkAddresses(inputs: JsonObject, { pointer, findings }: { pointer: string; findings: Findings }): void {
  for (const [key, value] of Object.entries(inputs)) {
    const at = `${pointer}/${pointerOf(key)}`;
    const named = NAMED.test(key.replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase());
    checkValue(value, { named, at, findings });
  }
}

function checkValue(value: Json, { named, at, findings }: { named: boolean; at: string; findings: Findings }): void {
  if (typeof value === 'string') {
    const wrong = named ? value.split(/[\s,]+/).find((text) => !isRight(text)) : undefined;
    if (wrong !== undefined) findings.error('bad-address', at, `"${wrong.slice(0, 64)}" is no address, network (10.0.0.0/24) or range (10.0.0.1-10.0.0.9)`);
  } else if (Array.isArray(value)) value.forEach((v, i) => checkValue(v, { named, at: `${at}/${i}`, findings }));
  else if (typeof value === 'object' && value !== null) checkAddresses(value, { pointer: at, findings });
}

/** False only for what can be nothing but a wrong address, network or range. */
function isRight(text: string): boolean {
  if (IPV6_NETWORK.test(text)) return text.includes('/') ? ipaddr.IPv6.isValidCIDR(text) : ipaddr.IPv6.isValid(text) || !text.includes('::');
  if (!IPV4_LIKE.test(text)) return true;
  const [first, last] = text.split('-');
  if (last !== undefined) return isRange(first!, last);
  return text.includes('/') ? ipaddr.IPv4.isValidCIDR(text) && isAddress(text.split('/')[0]!) : isAddress(text);
}

/** `10.0.0.1-10.0.0.9`, or `10.0.0.1-9` for the last part. */
function isRange(first: string, last: string): boolean {
  if (!isAddress(first)) return false;
  const end = last.includes('.') ? last : `${first.slice(0, first.lastIndexOf('.'))}.${last}`;
  return isAddress(end) && numberOf(first) <= numberOf(end);
}

function isAddress(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text);
}

function numberOf(address: string): number {
  return ipaddr.IPv4.parse(address).octets.reduce((sum, octet) => sum * 256 + octet, 0);
}
