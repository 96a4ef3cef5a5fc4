import { ToolFailure } from '@opsmesh/contracts';
import { type Cidr, isSingle, parseAddress, parseNetwork } from './cidr.js';

/** What a person may name as a target. nmap's own notations (`10.0.0.1-5`, `10.0.0.1,2`, `10.0.*.1`, `-iL`) are none. */
export type Target = { readonly kind: 'network'; readonly text: string; readonly cidr: Cidr } | { readonly kind: 'name'; readonly text: string };

/** Labels of letters, digits, `-` and `_` (RFC 1123, and the underscore that Windows and Compose hosts use), no leading or trailing dash. */
const NAME = /^(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*\.?$/;

/**
 * Parses one target.
 * @throws ToolFailure `target-refused` when it is neither an IP address, nor a CIDR network, nor a host name
 */
export function parseTarget(text: string): Target {
  return read(text, 'an IP address, a network such as 10.0.0.0/24 or a host name');
}

/**
 * As {@link parseTarget}, for tools that act on one host.
 * @throws ToolFailure `target-refused` also when it is a network of more than one address
 */
export function parseHost(text: string): Target {
  const target = read(text, 'an IP address or a host name');
  if (target.kind === 'network' && !isSingle(target.cidr)) throw new ToolFailure('target-refused', `${quoted(text)} is a network; this tool takes one host`);
  return target;
}

/** @param taken what the caller is told to give instead of a bad target */
function read(text: string, taken: string): Target {
  const cidr = parseAddress(text) ?? parseNetwork(text);
  if (cidr) return { kind: 'network', text, cidr };
  if (isHostName(text)) return { kind: 'name', text };
  throw new ToolFailure('target-refused', `${quoted(text)} is no target: give ${taken}`);
}

/** A name whose last label reads as a number (`127.1`, `0x7f.1`, `10.0.0.1-5`) is an address in disguise and no host name. */
export function isHostName(text: string): boolean {
  if (!NAME.test(text)) return false;
  const last = text.replace(/\.$/, '').split('.').at(-1)!;
  return /[A-Za-z]/.test(last) && !/^0x[0-9a-f]*$/i.test(last);
}

/** A foreign text for a message: short, and with its control characters escaped. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
