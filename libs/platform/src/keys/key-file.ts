import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StartError } from '../config/start-error.js';

/** Who but the owner may touch a key file: nobody may read a `secret`, nobody may replace a `public` one. */
export type KeyFileKind = 'secret' | 'public';

const FORBIDDEN_BITS: Record<KeyFileKind, number> = { secret: 0o077, public: 0o022 };

/**
 * The content of a key file, or undefined when there is none.
 * @throws StartError when its permissions are too open.
 */
export async function readKeyFile(path: string, kind: KeyFileKind): Promise<Buffer | undefined> {
  try {
    const file = await open(path, 'r');
    try {
      // Windows has no such bits; there the folder's access list decides.
      const mode = (await file.stat()).mode & 0o777;
      if (process.platform !== 'win32' && (mode & FORBIDDEN_BITS[kind]) !== 0) {
        throw new StartError(`the key file ${path} can be ${kind === 'secret' ? 'read' : 'changed'} by others (mode ${mode.toString(8)}): run chmod 600 ${path}, and replace the key if somebody else may have used it`);
      }
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw e;
  }
}

/**
 * The content of a key file, which is made first when there is none. Several processes may do this at once: all of them get the content of
 * the one that came first, and none ever sees a part of it, because a finished file is linked to its name.
 */
export async function readOrCreateKeyFile(path: string, kind: KeyFileKind, make: () => Buffer | Promise<Buffer>): Promise<Buffer> {
  const found = await readKeyFile(path, kind);
  if (found) return found;
  await makeFolder(dirname(path));
  const draft = `${path}.${process.pid}.${randomBytes(6).toString('hex')}`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await file.writeFile(await make());
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await link(draft, path);
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code !== 'EEXIST') throw e;
  } finally {
    await unlink(draft);
  }
  const made = await readKeyFile(path, kind);
  return made ?? readFile(path);
}

async function makeFolder(path: string): Promise<void> {
  // The data folder itself keeps the usual mode: other things in it belong to other accounts.
  await mkdir(dirname(path), { recursive: true });
  await mkdir(path, { mode: 0o700 }).catch((e: unknown) => { if ((e as NodeJS.ErrnoException).code !== 'EEXIST') throw e; });
  const mode = (await stat(path)).mode & 0o777;
  if (process.platform !== 'win32' && (mode & 0o022) !== 0) {
    throw new StartError(`others may put files into the key folder ${path} (mode ${mode.toString(8)}): run chmod 700 ${path}`);
  }
}
