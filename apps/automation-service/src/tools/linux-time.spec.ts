import { isoOfCtime, isoOfSeconds, isoOfSystemd } from './linux-time.js';

it.each([['Fri Jan  5 10:00:00 2024', '2024-01-05T10:00:00.000Z'], ['Tue Dec 31 23:59:59 2030', '2030-12-31T23:59:59.000Z']])('ps: %s', (text, iso) => expect(isoOfCtime(text)).toBe(iso));
it.each(['', 'Fri Foo  5 10:00:00 2024', 'Fri Jan 45 10:00:00 2024', '2024-01-05', 'Fri Jan  5 10:00:00 2024 CET'])('ps: %j is no time', (text) => expect(isoOfCtime(text)).toBeUndefined());
it('systemctl', () => expect(isoOfSystemd('Fri 2024-01-05 10:00:00 UTC')).toBe('2024-01-05T10:00:00.000Z'));
it.each(['', 'n/a', 'Fri 2024-01-05 10:00:00 CET', 'Fri 2024-13-05 10:00:00 UTC'])('systemctl: %j is no time', (text) => expect(isoOfSystemd(text)).toBeUndefined());
it('seconds', () => {
  expect(isoOfSeconds(1_700_000_000)).toBe('2023-11-14T22:13:20.000Z');
  expect(isoOfSeconds(NaN)).toBeUndefined();
  expect(isoOfSeconds(1e15)).toBeUndefined();
});
