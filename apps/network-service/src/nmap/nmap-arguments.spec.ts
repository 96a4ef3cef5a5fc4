import { validate } from '@opsmesh/contracts';
import { parseAddress, parseNetwork } from '../targets/cidr.js';
import { NmapInput } from './nmap.dto.js';
import { nmapArguments, type NmapPlan } from './nmap-arguments.js';

const cidr = (text: string) => (parseAddress(text) ?? parseNetwork(text))!;
const plan: NmapPlan = { family: 'ipv4', targets: [cidr('10.0.0.1')], excluded: [], rawSockets: true, maxRate: 500, dataDir: '/tmp/x' };
const input = (fields: object = {}) => validate(NmapInput, { targets: '10.0.0.1', ...fields });
const fixed = ['-n', '--datadir', '/tmp/x', '-oX', '-', '-T4', '--max-rate', '500', '--max-hostgroup', '64', '--stats-every', '2s'];

it('a connect scan is the default', () => {
  expect(nmapArguments(input(), plan)).toEqual([...fixed, '--host-timeout', '300s', '-sT', '--', '10.0.0.1']);
});

it('every option has its place before the targets', () => {
  const all = input({ scan: 'syn', ports: '22,8000-8100', serviceDetection: true, discovery: 'assume-up', hostTimeout: 5 });
  expect(nmapArguments(all, { ...plan, targets: [cidr('10.0.0.0/24'), cidr('10.0.1.1')], excluded: [cidr('10.0.0.9'), cidr('10.0.0.16/28')] })).toEqual([
    ...fixed, '--host-timeout', '5s', '-sS', '-sV', '-Pn', '-p', '22,8000-8100', '--exclude', '10.0.0.9,10.0.0.16/28', '--', '10.0.0.0/24', '10.0.1.1',
  ]);
});

it('what is named twice, or lies in a network that is named, is given to nmap once', () => {
  const targets = ['127.0.0.1', '127.0.0.1', '127.0.0.0/31', '127.0.0.8'].map(cidr);
  expect(nmapArguments(input(), { ...plan, targets }).slice(-3)).toEqual(['--', '127.0.0.0/31', '127.0.0.8']);
  expect(nmapArguments(input(), { ...plan, family: 'ipv6', targets: ['fd00::1', 'fd00::/126', 'fd00::1'].map(cidr) }).slice(-2)).toEqual(['--', 'fd00::/126']);
  expect(nmapArguments(input(), { ...plan, excluded: ['10.0.0.9', '10.0.0.9', '10.0.0.8/30'].map(cidr) })).toContain('10.0.0.8/30');
});

it('IPv6 needs its own option', () => {
  expect(nmapArguments(input(), { ...plan, family: 'ipv6', targets: [cidr('fd00::1')] })).toEqual([...fixed, '--host-timeout', '300s', '-sT', '-6', '--', 'fd00::1']);
});

it('without raw sockets a SYN scan becomes a connect scan', () => {
  expect(nmapArguments(input({ scan: 'syn' }), { ...plan, rawSockets: false })).toContain('-sT');
});

it('the operating system is asked for only with raw sockets', () => {
  expect(nmapArguments(input({ osDetection: true }), plan)).toContain('-O');
  expect(nmapArguments(input({ osDetection: true }), { ...plan, rawSockets: false })).not.toContain('-O');
  expect(nmapArguments(input(), plan)).not.toContain('-O');
});

describe('the input', () => {
  it('takes one target or a list', () => {
    expect(input().targets).toEqual(['10.0.0.1']);
    expect(input({ targets: ['10.0.0.1', 'web-1'] }).targets).toEqual(['10.0.0.1', 'web-1']);
  });
  it.each(['22', '1', '65535', '22,80,8000-8100'])('takes the ports %s', (ports) => expect(input({ ports }).ports).toBe(ports));
  it.each(['', '0', '65536', '-', '-1', '22-', '22,', ',22', '22 ,80', ' 22', 'http', 'http*', 'T:22', '[1-9]', '022', '22;id', '22 --script=x', '22\n80', '٢٢'])('refuses the ports %j', (ports) => {
    expect(() => input({ ports })).toThrow(/ports/);
  });
  it('refuses a port range that runs backwards', () => {
    expect(() => nmapArguments(input({ ports: '22,90-80' }), plan)).toThrow('90-80');
  });
  it.each([
    ['no target', { targets: [] }],
    ['an empty target', { targets: [''] }],
    ['257 targets', { targets: Array.from({ length: 257 }, () => '10.0.0.1') }],
    ['a target that is no text', { targets: [7] }],
    ['targets that are an object', { targets: { a: 1 } }],
    ['another scan', { scan: 'idle' }],
    ['raw arguments', { arguments: '-iL /etc/passwd' }],
    ['scripts', { script: 'vuln' }],
  ])('refuses %s', (_what, fields) => expect(() => input(fields)).toThrow());
});
