import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Gives a scan a folder for nmap's `--datadir` whose list of scripts is empty, and removes it after. Without it, detection of versions (`-sV`) runs
 * every script of the category `version`. The data that is not in the folder nmap takes from its own.
 */
export async function withoutScripts<T>(scan: (dataDir: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'opsmesh-nmap-'));
  try {
    await mkdir(join(folder, 'scripts'));
    await writeFile(join(folder, 'scripts', 'script.db'), '');
    return await scan(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
