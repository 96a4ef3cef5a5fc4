import { validate } from '@opsmesh/contracts';
import { parseAddress, parseNetwork } from '../targets/cidr.js';
import type { CheckedTarget } from '../targets/target-checker.js';
import { nmapAnswer } from './nmap-answer.js';
import { NmapHostDto, NmapOutput } from './nmap.dto.js';
import type { NmapReport } from './nmap-xml.js';

const target = (text: string, fields: Partial<CheckedTarget> = {}): CheckedTarget => ({ text, cidr: (parseAddress(text) ?? parseNetwork(text))!, excluded: [], ...fields });
const host = (address: string, fields: Partial<NmapHostDto> = {}): NmapHostDto => ({ address, hostname: null, state: 'up', timedOut: false, ports: [], otherPorts: [], ...fields });
const report = (fields: Partial<NmapReport> = {}): NmapReport => ({ scanType: 'connect', hosts: [host('10.0.0.1')], finished: { exit: 'success' }, hostsUp: 1, hostsDown: 0, skipped: [], ...fields });
const ask = (...targets: CheckedTarget[]) => ({ targets, requested: 'connect' as const, osDetection: false, rawSockets: true });

it('is a valid output', () => {
  const answer = nmapAnswer(ask(target('10.0.0.1')), [report()], true);
  expect(() => validate(NmapOutput, JSON.parse(JSON.stringify(answer)))).not.toThrow();
});

it('a host has the name the caller gave', () => {
  expect(nmapAnswer(ask(target('10.0.0.1', { name: 'web-1' })), [report()], true).hosts[0]?.hostname).toBe('web-1');
});

it('a named host that gave no sign of life has a row: down, or not scanned when the scan did not end', () => {
  const question = ask(target('10.0.0.1'), target('10.0.0.2'), target('10.0.1.0/24'));
  const rows = (complete: boolean) => nmapAnswer(question, [report()], complete).hosts.map((h) => `${h.address} ${h.state}`);
  expect(rows(true)).toEqual(['10.0.0.1 up', '10.0.0.2 down']);
  expect(rows(false)).toEqual(['10.0.0.1 up', '10.0.0.2 not-scanned']);
});

it('a skipped host is not called down, and the answer is partial', () => {
  const answer = nmapAnswer(ask(target('10.0.0.1')), [report({ hosts: [], hostsUp: 0, skipped: ['10.0.0.1'] })], true);
  expect(answer).toMatchObject({ partial: true, hosts: [{ state: 'skipped' }] });
});

it('is partial without the end of the report, or with a host that was given up', () => {
  expect(nmapAnswer(ask(target('10.0.0.1')), [report()], true).partial).toBe(false);
  expect(nmapAnswer(ask(target('10.0.0.1')), [report({ finished: undefined })], true).partial).toBe(true);
  expect(nmapAnswer(ask(target('10.0.0.1')), [report({ hosts: [host('10.0.0.1', { timedOut: true })] })], true).partial).toBe(true);
});

it('is degraded when nmap made another scan than the requested one', () => {
  const syn = { targets: [target('10.0.0.1')], requested: 'syn' as const, osDetection: false, rawSockets: false };
  expect(nmapAnswer(syn, [report()], true)).toMatchObject({ requested: 'syn', scanType: 'connect', degraded: true, degradations: [{ asked: 'scan syn', done: 'scan connect', reason: expect.stringContaining('CAP_NET_RAW') }] });
  expect(nmapAnswer(syn, [report({ scanType: 'syn' })], true).degraded).toBe(false);
  expect(nmapAnswer(syn, [report({ scanType: 'syn' }), report({ scanType: 'connect' })], true)).toMatchObject({ scanType: 'unknown', degraded: true });
});

it('is degraded when the operating system could not be asked for', () => {
  const question = { ...ask(target('10.0.0.1')), osDetection: true };
  expect(nmapAnswer(question, [report()], true).degraded).toBe(false);
  expect(nmapAnswer({ ...question, rawSockets: false }, [report()], true)).toMatchObject({ degraded: true, degradations: [{ asked: 'osDetection', done: 'none' }] });
});

it('counts open ports and names what was left out', () => {
  const ports = (['open', 'closed', 'open'] as const).map((state, i) => ({ port: 80 + i, protocol: 'tcp', state }));
  const answer = nmapAnswer(ask(target('10.0.0.0/24', { excluded: [parseAddress('10.0.0.9')!] })), [report({ hosts: [host('10.0.0.1', { ports })] })], true);
  expect(answer).toMatchObject({ openPorts: 2, excluded: ['10.0.0.9'] });
});
