import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { posixQuote } from '../ssh/posix-quote.js';
import { diskScript } from './disk-usage.js';
import { endUnlessReached, NO_ACCESS, NO_FILE, requirePath } from './host-path.js';

const folder = mkdtempSync(join(tmpdir(), 'host_path_'));
const [file, dangling] = [join(folder, "it's"), join(folder, 'dangling')];
afterAll(() => rmSync(folder, { recursive: true }));
beforeAll(() => {
  writeFileSync(file, '');
  symlinkSync('/nowhere', dangling);
  chmodSync(folder, 0o700);
});

const asNobody = process.getuid?.() === 0 ? it : it.skip;
const play = (script: string, user = {}) => spawnSync('/bin/sh', ['-c', `export LC_ALL=C\n${script}`], { encoding: 'utf8', cwd: '/', ...user });
const NOBODY = { uid: 65_534, gid: 65_534 };

describe('what is wrong with a path', () => {
  it.each([['/nowhere/x', NO_FILE], ['/etc/passwd/x', NO_FILE], [dangling, NO_FILE], [file, 7]])('%s: %d', (path, code) => expect(play(`${endUnlessReached(posixQuote(path))}\nexit 7`).status).toBe(code));
  asNobody('a folder that may not be entered', () => expect(play(endUnlessReached(posixQuote(file)), NOBODY)).toMatchObject({ status: NO_ACCESS, stderr: expect.stringContaining('Permission denied') as string }));

  it.each([[NO_FILE, 'not-found'], [NO_ACCESS, 'target-refused']])('exit code %d is %s, which is not tried again', (exitCode, code) => {
    expect(() => requirePath('/x', { host: 'h', exitCode, stdout: '', stderr: 'why\n', truncated: false })).toThrow(expect.objectContaining({ failure: expect.objectContaining({ code, retryable: false }) as object }) as Error);
  });
  it('any other is none of its matter', () => expect(() => requirePath('/x', { host: 'h', exitCode: 1, stdout: '', stderr: '', truncated: false })).not.toThrow());
});

describe('df', () => {
  const df = (path: string, user?: object) => play(diskScript(posixQuote(path)), user).status;
  it('a path that is not there is told from one that is', () => expect([df('/nowhere/x'), df(dangling), df(file)]).toEqual([NO_FILE, NO_FILE, 0]));
  asNobody('and from one that its user may not come to', () => expect(df(file, NOBODY)).toBe(NO_ACCESS));
  it('where the path is not the reason, the exit code of df stays', () => expect(play(`df() { return 3; }\n${diskScript("'/'")}`).status).toBe(3));
});
