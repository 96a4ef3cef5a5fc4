import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { posixQuote } from '../ssh/posix-quote.js';
import { NO_ACCESS, NO_FILE } from './host-path.js';
import { BAD_PATTERN, fileScript, grepStatus, journalScript, literalPattern, NO_JOURNAL, parseJournal, parseLines } from './log-sources.js';

describe('files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'log_search_'));
  const file = join(folder, "it's a log");
  afterAll(() => rmSync(folder, { recursive: true }));
  beforeAll(() => writeFileSync(file, `one error\ntwo $(touch ${folder}/canary)\r\nthree ERROR\n${'x'.repeat(9000)} error\n-e .* error\n`));
  const search = (pattern: string, { regex = false, ignoreCase = false, count = 100, path = file } = {}) => {
    const done = spawnSync('/bin/sh', ['-c', fileScript(posixQuote(path), { pattern: posixQuote(pattern), regex, ignoreCase, count })], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
    return { code: done.status, status: grepStatus(done.stderr), entries: parseLines(done.stdout) };
  };

  it('a fixed text is no pattern', () => {
    expect(search('.* error').entries).toEqual([{ line: 5, text: '-e .* error' }]);
    expect(search('-e').entries).toEqual([{ line: 5, text: '-e .* error' }]);
    expect(search('$(touch ').entries?.[0]).toMatchObject({ line: 2, text: expect.stringMatching(/canary\)$/) as string });
  });
  it('a regular expression is one', () => expect(search('^(one|three)', { regex: true }).entries?.map((e) => e.line)).toEqual([1, 3]));
  it('case counts unless it is ignored', () => {
    expect(search('error', { count: 9 }).entries?.map((e) => e.line)).toEqual([1, 4, 5]);
    expect(search('error', { ignoreCase: true }).entries?.map((e) => e.line)).toEqual([1, 3, 4, 5]);
  });
  it('the newest are given, long lines cut', () => {
    expect(search('error', { count: 2 }).entries?.map((e) => e.line)).toEqual([4, 5]);
    expect(search('x', { count: 1 }).entries?.[0]?.text).toHaveLength(8190);
  });
  it('nothing found, no file and a bad expression are three things', () => {
    expect(search('nowhere')).toEqual({ code: 0, status: 1, entries: [] });
    expect(search('x', { path: join(folder, 'nowhere') })).toMatchObject({ code: NO_FILE });
    expect(search('x', { path: folder })).toMatchObject({ code: NO_FILE });
    expect(search('(', { regex: true }).code).toBe(BAD_PATTERN);
    expect(search('(').code).toBe(0);
  });
  it('nothing of it was run', () => expect(execFileSync('ls', [folder], { encoding: 'utf8' })).toBe("it's a log\n"));
  it.each(['x', 'a:b\n', '1 no colon\n'])('refuses %j', (text) => expect(parseLines(`${text}\n`)).toBeUndefined());
});

describe('the journal', () => {
  const entry = (more: object) => JSON.stringify({ __REALTIME_TIMESTAMP: '1704448800123456', MESSAGE: 'hi', ...more });

  it('reads entries, oldest first', () => {
    expect(parseJournal(`${entry({ MESSAGE: 'later', __REALTIME_TIMESTAMP: '1704448801000000' })}\n${entry({ PRIORITY: '3', _SYSTEMD_UNIT: 'nginx.service', SYSLOG_IDENTIFIER: 'nginx', _PID: '812' })}\n`)).toEqual([
      { text: 'hi', time: '2024-01-05T10:00:00.123Z', priority: 3, unit: 'nginx.service', identifier: 'nginx', pid: 812 }, { text: 'later', time: '2024-01-05T10:00:01.000Z' },
    ]);
  });
  it('takes bytes that are no text, repeated fields and none', () => {
    expect(parseJournal(entry({ MESSAGE: [...Buffer.from('ü'), 0xff] }))?.[0]?.text).toBe('ü\uFFFD');
    expect(parseJournal(entry({ MESSAGE: ['first', 'second'] }))?.[0]?.text).toBe('first');
    expect(parseJournal(entry({ MESSAGE: undefined }))?.[0]).toEqual({ text: '', time: '2024-01-05T10:00:00.123Z' });
    expect(parseJournal('')).toEqual([]);
    expect(parseJournal('-- No entries --\n')).toEqual([]);
  });
  it('entries of one microsecond keep the order of their journal', () => {
    const at = (n: string, MESSAGE: string) => entry({ MESSAGE, __CURSOR: `s=deb0;i=${n};b=0d6a;m=11;t=66;x=6f` });
    expect(parseJournal([at('100', 'third'), at('ff', 'second'), at('9', 'first')].join('\n'))?.map((e) => e.text)).toEqual(['first', 'second', 'third']);
  });
  it('a text that the host left out is none', () => {
    expect(parseJournal(entry({ MESSAGE: null }))?.[0]).toEqual({ text: '', tooLong: true, time: '2024-01-05T10:00:00.123Z' });
  });
  it.each(['hello', '[]', '{}', '{"__REALTIME_TIMESTAMP":"soon"}'])('refuses %j', (line) => expect(parseJournal(line)).toBeUndefined());
  it('asks for what was asked', () => {
    const asked = (...of: Parameters<typeof journalScript>) => journalScript(...of).split('\n').at(-1);
    expect(asked({ unit: "'nginx'", since: 1, until: 2 }, { pattern: "'a'", ignoreCase: true, count: 5 })).toBe("journalctl --no-pager -o json $all -n 5 -u 'nginx' --since=@1 --until=@2 --case-sensitive=no --grep='a'");
    expect(asked({}, { pattern: "''", ignoreCase: false, count: 5 })).toBe('journalctl --no-pager -o json $all -n 5');
  });
  describe('what journalctl says when it is asked without -o json', () => {
    const query = { pattern: "''", ignoreCase: false, count: 5 };
    /** A journalctl that is quiet with `-o json`, as that of systemd. */
    const play = (words: string, code = 0) => spawnSync('/bin/sh', ['-c', `journalctl() { case "$*" in *json*) echo searched;; *"-n 0"*) echo '${words}' >&2; return ${code};; esac; }\n${journalScript({}, query)}`], { encoding: 'utf8' });
    it('no journal is told from one without entries', () => {
      expect(play('No journal files were found.')).toMatchObject({ status: NO_JOURNAL, stdout: '' });
      expect(play('-- No entries --')).toMatchObject({ status: 0, stdout: 'searched\n' });
    });
    it('a journal of which nothing may be read is no access', () => expect(play('No journal files were opened due to insufficient permissions.', 1)).toMatchObject({ status: NO_ACCESS, stdout: '' }));
    it('who may read some of it searches that', () => expect(play('Hint: You are currently not seeing messages from other users and the system.').stdout).toBe('searched\n'));
  });
  it('a literal pattern matches itself only', () => {
    for (const text of ['a.b*c', '[x](y)', '\\d', '^$|{2}', 'ü + ß', '$(id)']) {
      expect(new RegExp(`^${literalPattern(text)}$`).test(text)).toBe(true);
      expect(new RegExp(`^${literalPattern(text)}$`).test(`${text}x`)).toBe(false);
    }
  });
});
