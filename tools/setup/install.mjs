// npm ci when it is needed. Runs on the host's Node with nothing installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { linkLibraries } from './embedded-postgres.mjs';

/**
 * Installs what package-lock.json names, unless node_modules has exactly that already (it holds a stamp with the lock's SHA-256).
 * @throws Error when npm fails
 */
export function installPackages(root) {
  const stamp = join(root, 'node_modules', '.opsmesh-lock');
  const wanted = createHash('sha256').update(readFileSync(join(root, 'package-lock.json'))).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  if (!matchesLock(root)) {
    console.error('Installing the packages of package-lock.json (a minute or two the first time) ...');
    // NODE_ENV=production would leave out what builds and tests.
    const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error'];
    const done = spawnSync('npm', args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
    if (done.error) throw new Error(`npm could not be run (${done.error.message}); it comes with Node.js`);
    if (done.status !== 0) throw new Error(`npm ci failed (${done.signal ?? `exit code ${done.status}`}); see above`);
  }
  try {
    linkLibraries(root);
  } catch (e) {
    if (!process.env.DATABASE_URL) console.error(`Note: ${e.message}`);
  }
  writeFileSync(stamp, wanted);
}

/** Whether a person's own `npm ci` or `npm install` left node_modules as the lock file wants it. */
function matchesLock(root) {
  const hidden = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(hidden)) return false;
  const installed = JSON.parse(readFileSync(hidden, 'utf8')).packages;
  const locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const wanted = Object.entries(locked).filter(([path]) => path.startsWith('node_modules/'));
  return wanted.every(([path, p]) => installed[path] ? installed[path].version === p.version : p.optional || p.devOptional || p.peer)
    && Object.keys(installed).every((path) => path in locked);
}
