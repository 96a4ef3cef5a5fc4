import { ToolFailure } from '@opsmesh/contracts';
import { networkPoliciesFrom } from '../config.js';
import { formatCidr, parseAddress, parseNetwork } from './cidr.js';
import { TargetPolicy } from './target-policy.js';

const cidr = (text: string) => (parseAddress(text) ?? parseNetwork(text))!;
const policyOf = (env: Record<string, string> = {}) => new TargetPolicy(networkPoliciesFrom(env).of('default').targets);
const refusal = (run: () => unknown): string | undefined => {
  try {
    run();
    return undefined;
  } catch (error) {
    return error instanceof ToolFailure ? `${error.failure.code} ${error.failure.cause}` : String(error);
  }
};

describe('by default', () => {
  it.each(['10.1.2.3', '10.0.0.0/8', '172.16.0.1', '172.31.255.255', '192.168.0.0/16', '127.0.0.1', '::1', 'fd12::/48'])('%s is allowed', (text) => {
    expect(refusal(() => policyOf().check(cidr(text)))).toBeUndefined();
  });

  it.each(['8.8.8.8', '172.32.0.1', '11.0.0.0/8', '10.0.0.0/7', '0.0.0.0/0', '0.0.0.0', '::/0', '2001:db8::1', '100.64.0.1', '169.254.169.254', '169.254.1.1', 'fe80::1', '224.0.0.1', '255.255.255.255', '::ffff:8.8.8.8', '::ffff:0:0/96', '64:ff9b::a00:1'])(
    '%s is refused',
    (text) => expect(refusal(() => policyOf().check(cidr(text)))).toBe('target-refused allowed'),
  );

  it('a metadata service in a private network is protected', () => {
    expect(refusal(() => policyOf().check(cidr('fd00:ec2::254')))).toBe('target-refused protected');
  });
});

describe('protected hosts', () => {
  const policy = policyOf({ NETWORK_PROTECTED: '10.0.0.1, 10.9.0.0/16' });
  it.each(['10.0.0.1', '10.9.0.0/16', '10.9.3.0/24', '10.9.3.4', '::ffff:10.0.0.1'])('%s is refused', (text) => {
    expect(refusal(() => policy.check(cidr(text)))).toBe('target-refused protected');
  });
  it('are left out of a network around them', () => {
    expect(policy.check(cidr('10.0.0.0/24')).map(formatCidr)).toEqual(['10.0.0.1']);
    expect(policy.check(cidr('10.0.0.0/8')).map(formatCidr)).toEqual(['10.0.0.1', '10.9.0.0/16']);
    expect(policy.check(cidr('10.1.0.0/24'))).toEqual([]);
  });
});

describe('where every network is allowed', () => {
  const everywhere = policyOf({ NETWORK_ALLOWED_CIDRS: '0.0.0.0/0,::/0', NETWORK_PROTECTED: '169.254.169.254,10.9.0.0/16,0.0.0.0/8' });
  it.each([
    '169.254.169.254', '::ffff:169.254.169.254', '::ffff:169.254.169.254/128', '::ffff:a9fe:a9fe/128', '::ffff:10.9.3.0/120', '::ffff:10.9.0.0/112', '::169.254.169.254', '::169.254.169.254/128', '::10.9.3.0/120',
    '64:ff9b::a9fe:a9fe', '64:ff9b::169.254.169.254/128', '64:ff9b::10.9.3.4', '64:ff9b::10.9.0.0/112',
  ])('%s is a protected host', (text) => expect(refusal(() => everywhere.check(cidr(text)))).toBe('target-refused protected'));

  it.each(['::1', '::', '64:ff9b::8.8.8.8', '::8.8.8.8', '::ffff:8.8.8.8/128', '2001:db8::a9fe:a9fe'])('%s is none', (text) => expect(refusal(() => everywhere.check(cidr(text)))).toBeUndefined());

  it('protected hosts are left out of a network around them, however it is written', () => {
    expect(everywhere.check(cidr('64:ff9b::169.254.169.0/120')).map(formatCidr)).toEqual(['64:ff9b::a9fe:a9fe']);
    expect(everywhere.check(cidr('::ffff:169.254.169.0/120')).map(formatCidr)).toEqual(['169.254.169.254']);
  });
});

it('networks of IPv4-mapped addresses are not those of IPv6', () => {
  expect(refusal(() => policyOf({ NETWORK_ALLOWED_CIDRS: '::/0' }).check(cidr('::ffff:169.254.169.254/128')))).toBe('target-refused allowed');
});

describe('the cap on hosts', () => {
  it('counts all networks of a call together', () => {
    const policy = policyOf({ NETWORK_MAX_HOSTS: '256' });
    expect(refusal(() => policy.checkSize([cidr('10.0.0.0/24')]))).toBeUndefined();
    expect(refusal(() => policy.checkSize([cidr('10.0.0.0/24'), cidr('10.0.1.1')]))).toBe('limit-exceeded maxHosts');
  });
  it('counts an address once, however often it is named', () => {
    const policy = policyOf({ NETWORK_MAX_HOSTS: '256' });
    expect(refusal(() => policy.checkSize(['10.0.0.0/24', '10.0.0.0/24', '10.0.0.7', '10.0.0.128/25'].map(cidr)))).toBeUndefined();
    expect(refusal(() => policy.checkSize(['10.0.0.0/24', '10.0.0.0/24', 'fd00::7'].map(cidr)))).toBe('limit-exceeded maxHosts');
  });
  it('refuses an IPv6 network, which nobody can scan, and says its exact size', () => {
    expect(refusal(() => policyOf().checkSize([cidr('fd00::/64')]))).toBe('limit-exceeded maxHosts');
    expect(() => policyOf().checkSize([cidr('fd00::/64')])).toThrow('18446744073709551616 addresses are more than the 4096 one call may name');
  });
});
