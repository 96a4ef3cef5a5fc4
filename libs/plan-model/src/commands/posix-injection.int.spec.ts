import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { parseTemplate } from '../references.js';
import { planEmbedding } from './embed-command.js';
import { UnsafeEmbedding } from './unsafe-embedding.js';

const SHELLS = ['/bin/dash', '/bin/bash'].filter((s) => existsSync(s));
const RUNS = Number(process.env['INJECTION_RUNS'] ?? 150);

/** What an author may write, sensibly or not; no `|` and `{` alone, so that no command can multiply itself. */
const piece = fc.oneof(
  { weight: 3, arbitrary: fc.constant('<<item.x>>') },
  { weight: 6, arbitrary: fc.constantFrom("'", '"', '\\', ' ', ' ', '\n', ';', 'echo ') },
  { weight: 2, arbitrary: fc.constantFrom('$', '`', '(', ')', '#', '$(', '${y:-', '}', '$((', '))', '<<', '<', '> out', '2>&1', "$'", '$"', '[[', ']]', '((', '[', ']', '\t', '\r', '!', '*', '=', '&&', '\\\n', '\\ ', '\\"', "\\'") },
  { weight: 2, arbitrary: fc.constantFrom('echo ', 'true ', 'y=', 'test ', ' -eq 1 ', 'eval ', 'sh -c ', '| cat', '| sh', 'sudo ', 'env ', 'if true; then ', 'fi', 'case x in ', 'x) ', 'esac', 'for y in ', 'do ', 'done', 'cat <<EOF\n', '\nEOF\n', 'printf %s ', 'let ', 'read ', 'unset ', 'export ', 'awk ', 'sed ', 'xargs ', 'y[', ']=1', ' -c ', ' -v ') },
);
const hostile = fc.array(fc.constantFrom('$(touch canary)', '`touch canary`', "'", '"', '\n', ';', 'touch canary', ' ', '\\', '$', 'y[$(touch canary)]', '#', '\nEOF\n', ')', '}', '))', '-exec', 'a', '1'), { minLength: 1, maxLength: 6 }).map((p) => p.join(''));

describe.each(SHELLS)('%s', (shell) => {
  it('whatever the author writes, a command that is accepted never runs a value', () => {
    let accepted = 0;
    fc.assert(fc.property(fc.array(piece, { minLength: 1, maxLength: 8 }), hostile, (pieces, value) => {
      const folder = mkdtempSync(join(tmpdir(), 'opsmesh-injection-'));
      try {
        const template = parseTemplate(pieces.join(''));
        if (template.kind !== 'mixed') return;
        const values = template.parts.filter((p) => typeof p !== 'string').map(() => value);
        const command = planEmbedding('posix-shell', template.parts).fill(values);
        accepted++;
        spawnSync(shell, ['-c', command], { cwd: folder, timeout: 500, input: '', env: { PATH: process.env['PATH'] } });
        expect({ command, ran: existsSync(join(folder, 'canary')) }).toEqual({ command, ran: false });
      } catch (e) {
        if (!(e instanceof UnsafeEmbedding) && (e as Error).name !== 'ReferenceError') throw e;
      } finally {
        rmSync(folder, { recursive: true });
      }
    }), { numRuns: RUNS * 10 });
    expect(accepted).toBeGreaterThan(RUNS / 5);
  });
});
