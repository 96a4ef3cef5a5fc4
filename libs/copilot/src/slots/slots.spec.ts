import { describe as group, expect, it } from '@jest/globals';
import { NO_FACTS } from '../facts/facts.js';
import { situationFor, NOW } from '../testing/situation.js';
import { sentencesOf } from '../text/sentence.js';
import { addressesIn } from './addresses.js';
import { filtersOf } from './asset-filters.js';
import { readSelection } from './read-selection.js';
import { portsIn, readSlot } from './read-slots.js';
import { describe, EMPTY_SELECTION } from './selection.js';
import { durationIn, timeRangeIn } from './times.js';

group('addresses', () => {
  it.each([
    ['scan 10.0.0.0/24 and 10.0.0.77', ['10.0.0.77'], ['10.0.0.0/24'], []],
    ['10.0.0.9/24', [], ['10.0.0.0/24'], []],
    ['10.0.0.1-10.0.0.2', [], ['10.0.0.1/32', '10.0.0.2/32'], []],
    ['10.0.1.0 to 10.0.1.255', [], ['10.0.1.0/24'], []],
    ['2001:db8::1', ['2001:db8::1'], [], []],
    ['10.0.0.256', [], [], ['10.0.0.256']],
    ['10.0.0.0/33', [], [], ['10.0.0.0/33']],
    ['10.0.0.9 - 10.0.0.1', [], [], ['10.0.0.9 - 10.0.0.1']],
    ['version 1.2.3', [], [], []],
  ])('%s', (text, ips, cidrs, wrong) => {
    expect(addressesIn(text)).toMatchObject({ ips, cidrs, wrong });
  });
});

group('times', () => {
  it.each([['for 24 hours', 86_400], ['30s', 30], ['half an hour', 1800], ['two days', 172_800], ['soon', undefined], ['for 1.5 hours', 5400], ['1,5 hours', 5400], ['1h30m', 5400], ['2 hours and 30 minutes', 9000], ['an hour and a half', 5400], ['1 day, 2 hours', 93_600], ['24 hours', 86_400], ['a 24-hour block', 86_400], ['5 minutes and 3 hosts', 300], ['until tomorrow', undefined], ['10.0.0.5 minutes', undefined]])('%s', (text, seconds) => {
    expect(durationIn(text)).toBe(seconds);
  });

  it.each([
    ['in the last 2 hours', { after: '2026-11-21T10:00:00.000Z' }],
    ['since yesterday', { after: '2026-11-20T00:00:00.000Z' }],
    ['yesterday', { after: '2026-11-20T00:00:00.000Z', before: '2026-11-21T00:00:00.000Z' }],
    ['before 2026-11-01', { before: '2026-11-01T00:00:00.000Z' }],
    ['on web-01', undefined],
  ])('%s', (text, range) => {
    expect(timeRangeIn(text, NOW)).toEqual(range);
  });
});

group('other slots', () => {
  const slot = (type: Parameters<typeof readSlot>[0], text: string) => readSlot(type, { sentence: sentencesOf(text)[0]!, selection: EMPTY_SELECTION, now: NOW });
  it.each([['ports 22, 80 and 443', '22,80,443'], ['port 8000-8100', '8000-8100'], ['port 70000', undefined], ['web-01:8443', '8443'], ['the https port', '443']])('ports: %s', (text, ports) => {
    expect(portsIn(text)).toBe(ports);
  });
  it.each([['the C drive', 'C'], ['all D: volumes', 'D'], ['drive e', 'E'], ['all drives', undefined], ['a drive', undefined]])('drive: %s', (text, drive) => {
    expect(slot('drive', text)).toBe(drive);
  });
  it.each([['how full is /var/log', '/var/log'], ['10.0.0.0/24', undefined], ['the root partition', '/'], ['and/or', undefined]])('path: %s', (text, path) => {
    expect(slot('path', text)).toBe(path);
  });
});

group('selection', () => {
  const select = async (text: string) => readSelection(text, (await situationFor(text)).facts);
  it.each([
    ['on web-01 and WEB-02', { hosts: ['web-01', 'web-02'] }],
    ['all assets tagged as win10', { tags: ['win10'] }],
    ['hosts tagged web or db', { tags: ['web', 'db'], allTags: false }],
    ['hosts tagged web and canary', { tags: ['web', 'canary'], allTags: true }],
    ['production Linux servers', { environments: ['production'], os: 'Linux' }],
    ['the prod web boxes in fra-1 except web-02', { environments: ['production'], tags: ['web'], locations: ['fra-1'], exceptHosts: ['web-02'] }],
    ['windows server 2019 machines', { os: 'Windows Server 2019' }],
    ['win10 machines', { tags: ['win10'], os: null }],
    ['servers with web in the name', { nameContains: 'web' }],
    ['on web-0*', { namePrefix: 'web-0' }],
    ['on web-99', { unknownHosts: ['web-99'], hosts: [] }],
    ['the blorp servers', { unknownWords: ['blorp'] }],
    ['on all hosts', { all: true }],
    ['on those hosts', { pointsBack: true }],
  ])('%s', async (text, expected) => {
    expect(await select(text)).toMatchObject(expected);
  });

  it('refuses an exception that is understood in part only', async () => {
    expect((await select('all web servers except the broken ones')).unknownWords).not.toEqual([]);
  });

  it('becomes filters of asset-query, with the operating systems of the inventory', async () => {
    const { facts } = await situationFor('production linux servers tagged web except web-02');
    expect(filtersOf(readSelection('production linux servers tagged web except web-02', facts), facts)).toEqual({ environment: 'production', tags: 'web', os: ['Debian 12', 'Rocky Linux 9', 'Ubuntu 24.04'], hostname: { not: 'web-02' } });
  });

  it('takes names as written when the inventory could not be asked', () => {
    expect(readSelection('on web-01', NO_FACTS).hosts).toEqual(['web-01']);
  });

  it('never lets a value of the inventory into a plan that could be read as a reference', async () => {
    const fleet = [{ hostname: 'a-1', tags: ['<<steps.x.output>>'], os: 'Linux {{input.x}}', environment: 'prod\u202E' }];
    const { facts } = await situationFor('linux hosts', { fleet });
    expect(filtersOf(readSelection('linux hosts', facts), facts)).toEqual({ os: { contains: 'linux' } });
  });

  it('is told in words', async () => {
    expect(describe(await select('production web servers in fra-1 except web-02'))).toBe('production assets tagged web in fra-1 except web-02');
  });
});
