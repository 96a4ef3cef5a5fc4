// nx build when sources changed. A walk over the sources' sizes and times comes first, so that nothing is started when nothing changed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Builds every project that is not built as its sources are now.
 * @param {string} root
 * @param {string} node the Node to build with
 * @throws Error when the build fails, with its output printed
 */
export function buildProjects(root, node) {
  const stamp = join(root, 'node_modules', '.opsmesh-build');
  const now = fingerprint(root);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === now && built(root)) return;
  console.error('Building ...');
  const env = { ...process.env, NX_TUI: 'false', FORCE_COLOR: '0', NO_COLOR: undefined };
  const done = spawnSync(node, [join(root, 'node_modules', '.bin', 'nx'), 'run-many', '-t', 'build'], { cwd: root, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 64 * 2 ** 20 });
  if (done.status !== 0) {
    console.error(`${done.stdout}${done.stderr}`);
    throw new Error('the build failed; see above');
  }
  writeFileSync(stamp, now);
}

function projects(root) {
  return ['apps', 'libs'].flatMap((d) => readdirSync(join(root, d)).map((p) => join(root, d, p))).filter((p) => existsSync(join(p, 'package.json')));
}

function built(root) {
  return projects(root).every((p) => JSON.parse(readFileSync(join(p, 'package.json'), 'utf8')).nx?.targets?.build === undefined || existsSync(join(p, 'dist')));
}

function fingerprint(root) {
  const hash = createHash('sha256');
  const add = (path) => {
    const s = statSync(path, { throwIfNoEntry: false });
    if (s) hash.update(`${path}\0${s.size}\0${s.mtimeMs}\n`);
  };
  for (const f of ['package-lock.json', 'nx.json', 'tsconfig.base.json']) add(join(root, f));
  for (const p of projects(root)) {
    for (const f of ['package.json', 'tsconfig.json', 'tsconfig.build.json']) add(join(p, f));
    if (!existsSync(join(p, 'src'))) continue;
    for (const f of readdirSync(join(p, 'src'), { recursive: true, withFileTypes: true }).filter((e) => e.isFile())) add(join(f.parentPath ?? f['path'], f.name));
  }
  return hash.digest('hex');
}
