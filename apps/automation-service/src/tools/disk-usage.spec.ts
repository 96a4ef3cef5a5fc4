import { runInNewContext } from 'node:vm';
import { parseDf } from './disk-usage.js';

const HEADER = 'Filesystem         1-blocks        Used   Available Capacity Mounted on\n';

it('reads the row', () => {
  expect(parseDf(`${HEADER}/dev/vda       270553174016 24491622400 84452671488      23% /\n`)).toEqual({
    filesystem: '/dev/vda', mount: '/', sizeBytes: 270553174016, usedBytes: 24491622400, availableBytes: 84452671488, usedPercent: 23,
  });
});

it('keeps spaces in names, and takes a file system without blocks', () => {
  expect(parseDf(`${HEADER}//nas/my share 100 40 60 40% /mnt/my share\n`)).toMatchObject({ filesystem: '//nas/my share', mount: '/mnt/my share', usedPercent: 40 });
  expect(parseDf(`${HEADER}proc 0 0 0 - /proc\n`)).toMatchObject({ sizeBytes: 0, usedPercent: 0 });
});

it.each([
  ['nothing', ''], ['no row', HEADER], ['two rows', `${HEADER}a 1 1 1 1% /\nb 1 1 1 1% /b\n`], ['another unit', `${HEADER.replace('1-blocks', '1024-blocks')}a 1 1 1 1% /\n`],
  ['a source that poses as the numbers', `${HEADER}a 1 2 3 4% /z 100 40 60 40% /mnt\n`], ['a mount point that does', `${HEADER}tmpfs 100 40 60 40% /mnt/a 1 2 3 - /z\n`],
  ['a login message', `hello\n${HEADER}a 1 1 1 1% /\n`], ['a broken row', `${HEADER}a 1 1 x 1% /\n`], ['more than a number holds', `${HEADER}a 99999999999999999999 1 1 1% /\n`],
])('refuses %s', (_what, text) => expect(parseDf(text)).toBeUndefined());

it.each([['-  1 1 1', ' ', ''], ['a', ' ', ''], ['a', ' 1', ''], ['a', ' 1 1 1 1%', ''], ['a ', '1', ''], ['a', ' b', ' 1 1 1 1% b'], ['a', ' 1 1 1 1% /', '\u2028'], ['a 1 1 1 1% /', ' 1 1 1', ' 1 1 1 1% /'], ['a 1 1 1 1% /', ' ', '1 1 1 1% /'], ['a 1 1 1 1% /', '1', ' 1 1 1 1% /']])('refuses %j and many of %j in time that grows with their number', (begin, part, end) => {
  const text = `${HEADER}${begin}${part.repeat(300_000 / part.length)}${end}!\n`;
  // Given up after 5 s.
  expect(runInNewContext('parseDf(text) === undefined', { parseDf, text }, { timeout: 5000 })).toBe(true);
});
