import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Makes a folder that only its owner may list; `traversable` lets other users pass through it to what they own inside. */
export function privateFolder(path, { traversable = false } = {}) {
  if (existsSync(path)) return path;
  mkdirSync(path, { recursive: true });
  chmodSync(path, traversable ? 0o711 : 0o700);
  return path;
}

/** The password in `file`; made (32 hex digits, mode 0600) when there is none yet. Safe against a second process doing the same. */
export function passwordIn(file) {
  if (!existsSync(file)) {
    privateFolder(dirname(file));
    const mine = `${file}.${process.pid}`;
    writeFileSync(mine, `${randomBytes(16).toString('hex')}\n`, { mode: 0o600 });
    try {
      linkSync(mine, file);
    } catch (e) {
      if (e.code !== 'EEXIST') throw e;
    } finally {
      rmSync(mine);
    }
  }
  return readFileSync(file, 'utf8').trim();
}
