import { readConfig, StartError } from '@opsmesh/platform';
import { type Cidr, parseAddress, parseNetwork } from './targets/cidr.js';
import type { TargetRules } from './targets/target-policy.js';

/** What this service may do, from its environment. */
export interface NetworkConfig {
  readonly targets: TargetRules;
  /** Most probes nmap sends a second. */
  readonly maxRate: number;
}

/**
 * Private and loopback networks (RFC 1918, RFC 4193). Link-local ones are left out: 169.254.0.0/16 holds the metadata services
 * of clouds, and fe80::/10 means nothing without an interface.
 */
const DEFAULT_ALLOWED = '10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,127.0.0.0/8,::1/128,fc00::/7';
/** Metadata services, which give credentials to whoever asks. */
const DEFAULT_PROTECTED = '169.254.169.254,fd00:ec2::254';

/**
 * Reads `NETWORK_ALLOWED_CIDRS` and `NETWORK_PROTECTED` (addresses and networks with commas between, or `none`), `NETWORK_MAX_HOSTS`
 * (default 4096) and `NETWORK_MAX_RATE` (default 1000). An empty variable counts as not set.
 * @throws StartError naming each variable that cannot be read
 */
export function networkConfigFrom(source: Readonly<Record<string, string | undefined>>): NetworkConfig {
  return readConfig((env) => ({
    targets: {
      allowed: networks('NETWORK_ALLOWED_CIDRS', env.text('NETWORK_ALLOWED_CIDRS', DEFAULT_ALLOWED)),
      protectedHosts: networks('NETWORK_PROTECTED', env.text('NETWORK_PROTECTED', DEFAULT_PROTECTED)),
      maxHosts: env.int('NETWORK_MAX_HOSTS', 4096, { min: 1, max: 1_048_576 }),
    },
    maxRate: env.int('NETWORK_MAX_RATE', 1000, { min: 1, max: 100_000 }),
  }), source);
}

function networks(variable: string, list: string): Cidr[] {
  if (list.trim() === 'none') return [];
  return list.split(',').map((entry) => {
    const cidr = parseAddress(entry.trim()) ?? parseNetwork(entry.trim());
    if (!cidr) throw new StartError(`bad settings:\n  ${variable} is not valid: "${entry.trim()}" is neither an IP address nor a network such as 10.0.0.0/24`);
    return cidr;
  });
}
