import { readFileSync } from 'node:fs';
import { readConfig, StartError } from '@opsmesh/platform';
import { BadPolicy, MAX_CAPTURE_BYTES, parseCidr, readPolicy } from './policy/policy-document.js';
import { TenantPolicies, type TenantRules } from './policy/tenant-rules.js';
import type { Cidr } from './targets/cidr.js';

/**
 * Private and loopback networks (RFC 1918, RFC 4193). Link-local ones are left out: 169.254.0.0/16 holds the metadata services
 * of clouds, and fe80::/10 means nothing without an interface.
 */
const DEFAULT_ALLOWED = '10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,127.0.0.0/8,::1/128,fc00::/7';
/** Metadata services, which give credentials to whoever asks. */
const DEFAULT_PROTECTED = '169.254.169.254,fd00:ec2::254';

/**
 * Reads what every tenant may do (docs/network-tools.md): `NETWORK_ALLOWED_CIDRS` and `NETWORK_PROTECTED` (addresses and networks with
 * commas between, or `none`), `NETWORK_MAX_HOSTS`, `NETWORK_MAX_RATE`, `NETWORK_CALLS_PER_MINUTE`, and on top of them the policy in
 * `NETWORK_POLICY` (JSON) or `NETWORK_POLICY_FILE` (path of such a file). An empty variable counts as not set.
 * @throws StartError saying which variable cannot be read, and where in the policy and why
 */
export function networkPoliciesFrom(source: Readonly<Record<string, string | undefined>>): TenantPolicies {
  const { everybody, policy, file } = readConfig((env) => ({
    everybody: {
      targets: {
        allowed: networks('NETWORK_ALLOWED_CIDRS', env.text('NETWORK_ALLOWED_CIDRS', DEFAULT_ALLOWED)),
        protectedHosts: networks('NETWORK_PROTECTED', env.text('NETWORK_PROTECTED', DEFAULT_PROTECTED)),
        maxHosts: env.int('NETWORK_MAX_HOSTS', 4096, { min: 1, max: 1_048_576 }),
      },
      packetsPerSecond: env.int('NETWORK_MAX_RATE', 1000, { min: 1, max: 100_000 }),
      callsPerMinute: env.int('NETWORK_CALLS_PER_MINUTE', 3000, { min: 1, max: 1_000_000 }),
      captures: { maxBytes: MAX_CAPTURE_BYTES, maxSeconds: 300, parallel: 2 },
    } satisfies TenantRules,
    policy: env.optional('NETWORK_POLICY'),
    file: env.optional('NETWORK_POLICY_FILE'),
  }), source);
  if (policy !== undefined && file !== undefined) throw new StartError('bad settings:\n  NETWORK_POLICY and NETWORK_POLICY_FILE are both set: leave one out');
  if (policy === undefined && file === undefined) return new TenantPolicies(everybody);
  try {
    return readPolicy(policy ?? readFileSync(file!, 'utf8'), everybody);
  } catch (e) {
    const variable = policy === undefined ? `NETWORK_POLICY_FILE (${file})` : 'NETWORK_POLICY';
    if (e instanceof BadPolicy) throw new StartError(`bad settings:\n${e.message.split('\n').map((line) => `  ${variable}: ${line}`).join('\n')}`);
    throw new StartError(`bad settings:\n  ${variable} could not be read: ${(e as NodeJS.ErrnoException).code ?? String(e)}`);
  }
}

function networks(variable: string, list: string): Cidr[] {
  if (list.trim() === 'none') return [];
  return list.split(',').map((entry) => {
    const cidr = parseCidr(entry.trim());
    if (!cidr) throw new StartError(`bad settings:\n  ${variable} is not valid: "${entry.trim()}" is neither an IP address nor a network such as 10.0.0.0/24`);
    return cidr;
  });
}
