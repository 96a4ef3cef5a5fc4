import { runInNewContext } from 'node:vm';
import { LONGEST_JUDGED } from './command-judgement.js';
import { judgePosix } from './judge-posix.js';
import { awk, sed } from './reading-scripts.js';

/** Gives up after 5 s what takes far less when its work grows as its text does. */
const inTime = <T>(work: () => T): T => runInNewContext('work()', { work }, { timeout: 5000 }) as T;
const filled = (begin: string, part: string): string => begin + part.repeat((LONGEST_JUDGED - begin.length - 10) / part.length);

it.each([
  ['words', filled('echo ', '"a" '), 'read'], ['globs', filled('ls ', '*'), 'read'], ['programs that run each other', `${filled('', 'sudo ')}ls`, 'uninspectable'], ['settings that run each other', `${filled('', 'env ')}ls`, 'uninspectable'],
  ['a find in each other', `${'find -exec '.repeat(40)}ls`, 'uninspectable'], ['commands of find', filled('find . ', '-exec ls \\; '), 'read'], ['a program of awk', `${filled("awk 'printf", ' ')}'`, 'read'], ['an option of chmod', `${filled('chmod -', 'R')}!`, 'write'], ['an option of zip', `${filled('zip -', 'T')}!`, 'write'], ['an option of rsync', `${filled('rsync "-', 'e')}\n"`, 'uninspectable'], ['a script of sed', `${filled("sed '1,1", ' ')}x'`, 'uninspectable'],
])('%s are judged in time that grows with their length', (_what, command, expected) => {
  for (let i = 0; i < 10; i++) expect(inTime(() => judgePosix(command)).class).toBe(expected);
});

it.each([[awk, 'printf', ' ', ''], [awk, 'printf', 'printf', ''], [sed, '1,1', ' ', 'x'], [sed, '1', ' ', 'x'], [sed, '/', '[', ']/p'], [sed, '', 'p;', ''], [sed, 's/', 'a', ''], [sed, 's/a/', '\\/', '']])('so are longer scripts of other programs', (reading, begin, part, end) => {
  expect([undefined, 'its script is not known to only read']).toContain(inTime(() => reading([{ text: begin + part.repeat(1_000_000 / part.length) + end, expands: 'nothing' }])));
});
