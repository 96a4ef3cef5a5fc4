import { validate } from '@opsmesh/contracts';
import { parseAddress, parseNetwork } from '../targets/cidr.js';
import type { CheckedTarget } from '../targets/target-checker.js';
import { nmapAnswer } from './nmap-answer.js';
import { NmapOutput } from './nmap.dto.js';
import type { NmapReport, ScannedHost } from './nmap-xml.js';

const target = (text: string, fields: Partial<CheckedTarget> = {}): CheckedTarget => ({ text, cidr: (parseAddress(text) ?? parseNetwork(text))!, excluded: [], ...fields });
const host = (address: string, fields: Partial<ScannedHost> = {}): ScannedHost => ({ address, state: 'up', timedOut: false, ports: [], otherPorts: [], ...fields });
const report = (fields: Partial<NmapReport> = {}): NmapReport => ({ scanType: 'connect', hosts: [host('10.0.0.1')], finished: { exit: 'success' }, hostsDown: 0, skipped: [], ...fields });
const ask = (...targets: CheckedTarget[]) => ({ targets, requested: 'connect' as const, osDetection: false, discovery: 'probe' as const, rawSockets: true });

it('is a valid output', () => {
  const answer = nmapAnswer(ask(target('10.0.0.1')), [report()], true);
  expect(() => validate(NmapOutput, JSON.parse(JSON.stringify(answer)))).not.toThrow();
});

describe('a row leads with what the caller called the host', () => {
  const named = (text: string, name: string) => target(text, { text: name, name });
  const rows = (...targets: CheckedTarget[]) => nmapAnswer(ask(...targets), [report()], true).hosts.map((h) => [h.hostname, h.address, h.state]);

  it('a name, with the address beside it', () => {
    expect(Object.keys(nmapAnswer(ask(named('10.0.0.1', 'web-1')), [report()], true).hosts[0]!).slice(0, 2)).toEqual(['hostname', 'address']);
    expect(rows(named('10.0.0.1', 'web-1'), named('10.0.0.2', 'web-2'))).toEqual([['web-1', '10.0.0.1', 'up'], ['web-2', '10.0.0.2', 'down']]);
  });

  it('its address, when it was given as one or lies in a network', () => {
    expect(rows(target('10.0.0.1'))).toEqual([['10.0.0.1', '10.0.0.1', 'up']]);
    expect(rows(target('10.0.0.0/24'))).toEqual([['10.0.0.1', '10.0.0.1', 'up']]);
    expect(rows(target('10.0.0.0/24'), named('10.0.0.1', 'web-1'))).toEqual([['web-1', '10.0.0.1', 'up']]);
  });

  it('each of several names of one address has a row, and its ports are counted once', () => {
    const both = ask(named('10.0.0.1', 'web-1'), named('10.0.0.1', 'www'), named('10.0.0.1', 'web-1'), target('10.0.0.1'));
    const answer = nmapAnswer(both, [report({ hosts: [host('10.0.0.1', { ports: [{ port: 80, protocol: 'tcp', state: 'open' }] })] })], true);
    expect(answer.hosts.map((h) => h.hostname)).toEqual(['web-1', 'www', '10.0.0.1']);
    expect(answer.openPorts).toBe(1);
  });

  it('the name that was given for its address', () => {
    expect(nmapAnswer({ ...ask(target('10.0.0.1')), hostName: 'web-1' }, [report()], true).hosts.map((h) => [h.hostname, h.address])).toEqual([['web-1', '10.0.0.1']]);
  });
});

it('an address that was reported twice is one host', () => {
  const ports = [{ port: 80, protocol: 'tcp', state: 'open' as const }];
  const twice = [host('10.0.0.1', { ports }), host('10.0.0.1', { ports }), host('10.0.0.2', { state: 'unknown' })];
  const answer = nmapAnswer(ask(target('10.0.0.0/24'), target('10.0.0.1')), [report({ hosts: twice })], true);
  expect(answer.hosts.map((h) => h.address)).toEqual(['10.0.0.1', '10.0.0.2']);
  expect(answer).toMatchObject({ openPorts: 1, hostsUp: 1 });
});

it('a named host that gave no sign of life has a row: down, or not scanned when the scan did not end', () => {
  const question = ask(target('10.0.0.1'), target('10.0.0.2'), target('10.0.1.0/24'));
  const rows = (complete: boolean) => nmapAnswer(question, [report()], complete).hosts.map((h) => `${h.address} ${h.state}`);
  expect(rows(true)).toEqual(['10.0.0.1 up', '10.0.0.2 down']);
  expect(rows(false)).toEqual(['10.0.0.1 up', '10.0.0.2 not-scanned']);
});

it('a skipped host is not called down, and the answer is partial', () => {
  const answer = nmapAnswer(ask(target('10.0.0.1')), [report({ hosts: [], skipped: ['10.0.0.1'] })], true);
  expect(answer).toMatchObject({ partial: true, hosts: [{ state: 'skipped' }] });
});

it('is partial without the end of the report, or with a host that was given up', () => {
  expect(nmapAnswer(ask(target('10.0.0.1')), [report()], true).partial).toBe(false);
  expect(nmapAnswer(ask(target('10.0.0.1')), [report({ finished: undefined })], true).partial).toBe(true);
  expect(nmapAnswer(ask(target('10.0.0.1')), [report({ hosts: [host('10.0.0.1', { timedOut: true })] })], true).partial).toBe(true);
});

it('is degraded when nmap made another scan than the requested one', () => {
  const syn = { ...ask(target('10.0.0.1')), requested: 'syn' as const, rawSockets: false };
  expect(nmapAnswer(syn, [report()], true)).toMatchObject({ requested: 'syn', scanType: 'connect', degraded: true, degradations: [{ asked: 'scan syn', done: 'scan connect', reason: expect.stringContaining('CAP_NET_RAW') }] });
  expect(nmapAnswer(syn, [report({ scanType: 'syn' })], true).degraded).toBe(false);
  expect(nmapAnswer(syn, [report({ scanType: 'syn' }), report({ scanType: 'connect' })], true)).toMatchObject({ scanType: 'unknown', degraded: true });
});

it('is degraded when the operating system could not be asked for', () => {
  const question = { ...ask(target('10.0.0.1')), osDetection: true };
  expect(nmapAnswer(question, [report()], true).degraded).toBe(false);
  expect(nmapAnswer({ ...question, rawSockets: false }, [report()], true)).toMatchObject({ degraded: true, degradations: [{ asked: 'osDetection', done: 'none' }] });
});

it('is degraded when a host was called down by a probe that was less than asked for', () => {
  const question = { ...ask(target('10.0.0.0/24')), rawSockets: false };
  const down = [report({ hostsDown: 3 })];
  expect(nmapAnswer(question, down, true)).toMatchObject({ degraded: true, degradations: [{ asked: 'discovery probe', done: expect.stringContaining('without ICMP') }] });
  expect(nmapAnswer(question, [report()], true).degraded).toBe(false);
  expect(nmapAnswer({ ...question, rawSockets: true }, down, true).degraded).toBe(false);
  expect(nmapAnswer({ ...question, discovery: 'assume-up' }, down, true).degraded).toBe(false);
});

it('counts open ports and names what was left out', () => {
  const ports = (['open', 'closed', 'open'] as const).map((state, i) => ({ port: 80 + i, protocol: 'tcp', state }));
  const answer = nmapAnswer(ask(target('10.0.0.0/24', { excluded: [parseAddress('10.0.0.9')!] })), [report({ hosts: [host('10.0.0.1', { ports })] })], true);
  expect(answer).toMatchObject({ openPorts: 2, excluded: ['10.0.0.9'] });
});
