import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { networkPoliciesFrom } from './config.js';
import { formatCidr } from './targets/cidr.js';
import { TargetPolicy } from './targets/target-policy.js';

const policies = (policy: unknown, env: Record<string, string> = {}) => networkPoliciesFrom({ ...env, NETWORK_POLICY: JSON.stringify(policy) });
const allowedOf = (env: Record<string, string>) => networkPoliciesFrom(env).of('default').targets;

it.each([
  ['NETWORK_ALLOWED_CIDRS', '10.0.0.0/8,internal'],
  ['NETWORK_ALLOWED_CIDRS', '10.0.0.1-5'],
  ['NETWORK_PROTECTED', 'db-1'],
  ['NETWORK_PROTECTED', '10.0.0.1,'],
  ['NETWORK_MAX_HOSTS', '0'],
  ['NETWORK_MAX_HOSTS', '1e9'],
  ['NETWORK_MAX_RATE', '-1'],
  ['NETWORK_CALLS_PER_MINUTE', 'many'],
])('refuses %s=%s and names the variable', (variable, value) => expect(() => networkPoliciesFrom({ [variable]: value })).toThrow(variable));

it('none allows nothing, and an empty variable is as if it were not set', () => {
  expect(allowedOf({ NETWORK_ALLOWED_CIDRS: 'none' }).allowed).toEqual([]);
  expect(allowedOf({ NETWORK_ALLOWED_CIDRS: '' }).allowed.map(formatCidr)).toContain('127.0.0.0/8');
  expect(allowedOf({ NETWORK_PROTECTED: 'none' }).protectedHosts).toEqual([]);
});

it('without a policy every tenant has the rules of the settings', () => {
  const settings = networkPoliciesFrom({ NETWORK_MAX_RATE: '70', NETWORK_CALLS_PER_MINUTE: '9', NETWORK_MAX_HOSTS: '3' });
  expect(settings.of('acme')).toBe(settings.of('other'));
  expect(settings.of('acme')).toMatchObject({ packetsPerSecond: 70, callsPerMinute: 9, targets: { maxHosts: 3 }, captures: { maxSeconds: 300, parallel: 2 } });
});

it('what a tenant does not say is as for everybody, and what nobody says as in the settings', () => {
  const read = policies({ defaults: { packetsPerSecond: 50, captures: 1 }, tenants: { acme: { allowed: ['10.1.0.0/16', '10.2.0.1'], packetsPerSecond: 5 } } }, { NETWORK_CALLS_PER_MINUTE: '9' });
  expect(read.of('acme')).toMatchObject({ packetsPerSecond: 5, callsPerMinute: 9, captures: { parallel: 1 } });
  expect(read.of('acme').targets.allowed.map(formatCidr)).toEqual(['10.1.0.0/16', '10.2.0.1']);
  expect(read.of('other')).toMatchObject({ packetsPerSecond: 50, callsPerMinute: 9 });
  expect(read.of('__proto__')).toBe(read.of('other'));
});

it('a tenant can add to what is protected, and take nothing from it', () => {
  const read = policies({ defaults: { protected: ['10.0.0.2'] }, tenants: { acme: { protected: ['10.0.0.3'], allowed: ['10.0.0.0/8'] }, other: { protected: [] } } }, { NETWORK_PROTECTED: '10.0.0.1' });
  const refused = (tenant: string) => ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'].filter((text) => read.of(tenant).targets.protectedHosts.map(formatCidr).includes(text));
  expect([refused('acme'), refused('other')]).toEqual([['10.0.0.1', '10.0.0.2', '10.0.0.3'], ['10.0.0.1', '10.0.0.2']]);
  expect(new TargetPolicy(read.of('acme').targets)).toBeDefined();
});

it('every fault is told with its place', () => {
  const bad = { defaults: { maxHosts: 0 }, tenants: { acme: { allowed: ['10.0.0.0/8', 'internal', '10.0.0.1-5'], speed: 3 }, beta: { protected: ['x'] }, 'a b': {}, gamma: { captureBytes: 1e9, captures: '2' } } };
  const message = (() => { try { policies(bad); } catch (e) { return (e as Error).message; } return ''; })();
  expect(message.split('\n').slice(1).map((line) => line.trim().split(' ').slice(0, 2).join(' '))).toEqual([
    'NETWORK_POLICY: /defaults/maxHosts', 'NETWORK_POLICY: /tenants/acme/speed', 'NETWORK_POLICY: /tenants/beta/protected/0', 'NETWORK_POLICY: /tenants/a', 'NETWORK_POLICY: /tenants/gamma/captureBytes', 'NETWORK_POLICY: /tenants/gamma/captures', 'NETWORK_POLICY: /tenants/gamma/captures', 'NETWORK_POLICY: /tenants/gamma/captures',
  ]);
  expect(() => policies({ tenants: { acme: { allowed: ['10.0.0.0/8', 'internal'] } } })).toThrow('NETWORK_POLICY: /tenants/acme/allowed/1 is neither an IP address nor a network');
  expect(() => policies({ tenant: {} })).toThrow('/tenant ');
  expect(() => policies([])).toThrow('must be an object');
  expect(() => networkPoliciesFrom({ NETWORK_POLICY: '{' })).toThrow('it is not JSON');
});

describe('a policy file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'network-policy-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = (text: string): string => {
    const path = join(folder, 'policy.json');
    writeFileSync(path, text);
    return path;
  };

  it('is read, and named in what is wrong with it', () => {
    expect(networkPoliciesFrom({ NETWORK_POLICY_FILE: file('{"tenants":{"acme":{"maxHosts":7}}}') }).of('acme').targets.maxHosts).toBe(7);
    expect(() => networkPoliciesFrom({ NETWORK_POLICY_FILE: file('{"tenants":{"acme":{"maxHosts":"7"}}}') })).toThrow(`NETWORK_POLICY_FILE (${join(folder, 'policy.json')}): /tenants/acme/maxHosts`);
    expect(() => networkPoliciesFrom({ NETWORK_POLICY_FILE: join(folder, 'none.json') })).toThrow('could not be read: ENOENT');
  });

  it('and a policy in the environment are one too many', () => {
    expect(() => networkPoliciesFrom({ NETWORK_POLICY: '{}', NETWORK_POLICY_FILE: file('{}') })).toThrow('both set');
  });
});
