import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..', '..');
/** Read, and no setting: what the system, Jest and terminals say, a mark that the SSH tools put into what they send, and what specs set for themselves. */
const NO_SETTING = /^(JEST_WORKER_ID|NO_COLOR|OPSMESH_EXEC|PATH)$|_SPEC_/;
/** A read of the environment: `process.env.X`, `env['X']`, `env.int('X', ...)`. */
const READ = /\benv(?:\.([A-Z][A-Z0-9_]+)\b|\['([A-Z][A-Z0-9_]+)'\]|\.[a-z]\w*\(\s*'([A-Z][A-Z0-9_]+)')/g;
/** A name of ours in quotes, which somebody else may read, such as a function that is given it. */
const NAMED = /'((?:OPSMESH|COPILOT|OTEL|NETWORK|FLEET|TEST|DATABASE|REDIS|POSTGRES|WORKER)_[A-Z0-9_]+|[A-Z_]+_PORT)'/g;

const documented = new Set([...readFileSync(join(ROOT, 'docs', 'settings.md'), 'utf8').matchAll(/`([A-Z][A-Z0-9_]+)`/g)].map((m) => m[1]!));
const sources = ['apps', 'libs', 'tools', 'bench', 'containers'].flatMap((folder) => readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
  .filter((f) => f.isFile() && ['.ts', '.mjs', '.sh'].includes(extname(f.name)) && !/(^|\/)(node_modules|dist|\.jest)(\/|$)/.test(f.parentPath))
  .map((f) => ({ path: join(f.parentPath, f.name), text: readFileSync(join(f.parentPath, f.name), 'utf8') })));
const compose = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8');

it('every variable that is read stands in docs/settings.md', () => {
  const found = new Map<string, string>();
  for (const { path, text } of sources.filter((s) => !s.path.endsWith('settings.e2e.spec.ts'))) {
    for (const match of text.matchAll(READ)) found.set((match[1] ?? match[2] ?? match[3])!, path);
    if (!path.endsWith('.spec.ts')) for (const match of text.matchAll(NAMED)) found.set(match[1]!, path);
  }
  expect(found.size).toBeGreaterThan(50);
  expect([...found].filter(([name]) => !documented.has(name) && !NO_SETTING.test(name))).toEqual([]);
});

it('every variable of docker-compose.yml stands there too', () => {
  const names = [...compose.matchAll(/\$\{(\w+)/g)].map((m) => m[1]!);
  expect(names.filter((name) => !documented.has(name))).toEqual([]);
});

it('nothing stands there that nobody reads', () => {
  const all = sources.filter((s) => !s.path.endsWith('.e2e.spec.ts')).map((s) => s.text).join('\n') + compose;
  expect([...documented].filter((name) => !new RegExp(`\\b${name}\\b`).test(all))).toEqual([]);
});
