import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { parseTemplate } from '../references.js';
import { planEmbedding } from './embed-command.js';

const SHELLS = ['/bin/sh', '/bin/bash', '/bin/dash', '/usr/bin/zsh', '/usr/bin/ksh', '/usr/bin/busybox'].filter((s) => existsSync(s));
let folder: string;
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'opsmesh-quoting-')); });
afterAll(() => rmSync(folder, { recursive: true }));

const words = ['<<item.x>>', '"<<item.x>>"', "'<<item.x>>'", 'a<<item.x>>b', '"a <<item.x>> b"', "'a <<item.x>> b'", '"a"<<item.x>>"b"'];
const authored = (word: string, value: string): string => word.replace(/^["']|["']$/g, '').replaceAll('"', '').replace('<<item.x>>', () => value);

/** What a real shell gives its program as arguments. */
function run(shell: string, values: readonly string[]): string[] {
  const script = values.map((value, i) => {
    const template = parseTemplate(`printf '%s\\0' ${words[i % words.length]!}`);
    return planEmbedding('posix-shell', template.kind === 'mixed' ? template.parts : []).fill([value]);
  }).join('\n');
  const argv = shell.endsWith('busybox') ? ['sh', '-s'] : ['-s'];
  return execFileSync(shell, argv, { input: script, cwd: folder, env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8' }, maxBuffer: 1e9 }).toString('utf8').split('\0').slice(0, -1);
}

describe.each(SHELLS)('%s', (shell) => {
  it('gives exactly the value back, and nothing else happens', () => {
    const hostile = ['$(touch canary)', '`touch canary`', '; touch canary', '\ntouch canary\n', "'; touch canary; '", '"; touch canary; "', '\\', "\\'", '*', '~', '', '&& touch canary', '| touch canary', '> canary', '!touch', '-n', '%s', '‘’‚‛', '\u202Etouch', '\r\n', '\x01\x7f'];
    const all = hostile.flatMap((h) => words.map(() => h));
    expect(run(shell, all)).toEqual(all.map((value, i) => authored(words[i % words.length]!, value)));
    expect(readdirSync(folder)).toEqual([]);
  });

  it('for any text', () => fc.assert(fc.property(fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom(...'\'"\\$`\n ;&|<>(){}*?~!#a') })).map((s) => s.replaceAll('\0', '').replace(/\p{Surrogate}/gu, '')), { minLength: 20, maxLength: 60 }), (values) => {
    expect(run(shell, values)).toEqual(values.map((value, i) => authored(words[i % words.length]!, value)));
    expect(readdirSync(folder)).toEqual([]);
  }), { numRuns: 25 }));
});
