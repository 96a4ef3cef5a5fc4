import { mkdtemp, open, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file with these bytes, open for reading, that has no name any more: it is gone when the last who has it open closes it. */
export async function unnamedFile(bytes: Buffer): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), 'opsmesh-network-'));
  try {
    const path = join(folder, 'stdin');
    await writeFile(path, bytes, { mode: 0o600 });
    return await open(path, 'r');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
