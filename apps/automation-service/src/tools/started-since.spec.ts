import { startedSince } from './started-since.js';

const at = (seconds: number): string => new Date(seconds * 1000).toISOString();
const told = (activeSince: number, { hostAhead = 0, active = true } = {}): boolean | undefined => startedSince({ active, activeSince: at(activeSince + hostAhead) }, { since: at(1_000_000), now: 1_000_100_000, hostNow: 1_000_100 + hostAhead });

it.each([[0, 0], [0, 3600], [0, -86_400]])('tells a start after and long before the moment, whatever the host takes for the time (%i, %i)', (_x, hostAhead) => {
  expect([told(1_000_030, { hostAhead }), told(1_000_000, { hostAhead }), told(990_000, { hostAhead })]).toEqual([true, true, false]);
});

it('denies nothing that the clocks could not tell apart', () => expect([told(999_999), told(999_880), told(999_879)]).toEqual([undefined, undefined, false]));

it('can not tell of a unit that is not active, or says no time', () => {
  expect(told(1_000_030, { active: false })).toBeUndefined();
  expect(startedSince({ active: true }, { since: at(1), now: 2, hostNow: 3 })).toBeUndefined();
});
