import { nearestName } from './nearest-name.js';

const tools = ['asset-query', 'asset-list', 'ping', 'run-command', 'Get-Volume', 'a'];

it.each([['asset-qery', 'asset-query'], ['asset-query', 'asset-query'], ['ASSET-QUERY', 'asset-query'], ['aset-lits', 'asset-list'], ['pnig', 'ping'], ['pin', 'ping'], ['ipgn', 'ping'], ['runcommand', 'run-command'], ['get_volume', 'Get-Volume']])('%s means %s', (wrong, right) => {
  expect(nearestName(wrong, tools)).toBe(right);
});
it.each(['frobnicate', '', 'x'.repeat(1_000_000), 'asset'])('%.20s means nothing known', (wrong) => expect(nearestName(wrong, tools.slice(0, 5))).toBeUndefined());
it('of two that are as near the first is taken', () => expect(nearestName('bat', ['cat', 'rat'])).toBe('cat'));
it('nothing is near to nothing', () => expect(nearestName('ping', [])).toBeUndefined());
