// npm run db:generate -- <app> [--name <what>]: writes the migration that brings the database of an app to its schema.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [app, ...args] = process.argv.slice(2);
const apps = readdirSync(join(root, 'apps')).filter((a) => existsSync(join(root, 'apps', a, 'drizzle.config.ts')));
if (!apps.includes(app)) {
  console.error(`npm run db:generate -- <app> [--name <what>], where <app> is ${apps.join(' or ')}`);
  process.exit(1);
}
const kit = join(root, 'node_modules', 'drizzle-kit', 'bin.cjs');
const done = spawnSync(process.execPath, [kit, 'generate', '--config=drizzle.config.ts', ...args], { cwd: join(root, 'apps', app), stdio: 'inherit' });
process.exit(done.status ?? 1);
