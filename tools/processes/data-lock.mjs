// One mesh for one data folder: mesh.lock in it (mode 0600) names the process that runs there, its children and its database.
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endInStages, isAlive, startTime } from './signals.mjs';

/**
 * Takes the data folder. What a killed owner left running is ended first.
 * @param {string} dataDir
 * @param {(line: string) => void} say
 * @returns {Promise<{ note(now: { children: { pid: number, signal: string, stage: number }[], database?: string }): void, release(): void }>}
 * @throws Error when another mesh runs there
 */
export async function lockData(dataDir, say) {
  const file = join(dataDir, 'mesh.lock');
  const own = { pid: process.pid, started: startTime(process.pid) };
  const mine = `${file}.${process.pid}`;
  const write = (now) => writeFileSync(mine, JSON.stringify({ ...own, ...now }), { mode: 0o600 });
  write({ children: [] });
  try {
    while (!tryLink(mine, file)) await takeFromTheDead(file, say);
  } finally {
    rmSync(mine, { force: true });
  }
  return {
    note: ({ children, database }) => {
      write({ children: children.map((c) => ({ ...c, started: startTime(c.pid) })), database });
      renameSync(mine, file);
    },
    release: () => rmSync(file, { force: true }),
  };
}

/** URL of the database of the mesh that runs on a data folder; undefined when none does. */
export function runningDatabase(dataDir) {
  const owner = readOwner(join(dataDir, 'mesh.lock'));
  return owner && isAlive(owner) ? owner.database : undefined;
}

function tryLink(from, to) {
  try {
    linkSync(from, to);
    return true;
  } catch (e) {
    if (e.code === 'EEXIST') return false;
    throw e;
  }
}

async function takeFromTheDead(file, say) {
  const owner = readOwner(file);
  if (owner === undefined) return;
  if (isAlive(owner)) throw new Error(`${file}: a mesh runs on this data folder already (pid ${owner.pid}); stop it, or set OPSMESH_DATA to another folder`);
  // Whoever renames it first takes over; a second one finds it gone.
  const aside = `${file}.dead-${process.pid}`;
  try { renameSync(file, aside); } catch (e) { if (e.code === 'ENOENT') return; throw e; }
  if (isAlive(readOwner(aside))) {
    tryLink(aside, file);
    rmSync(aside);
    return;
  }
  rmSync(aside);
  const left = owner.children.filter((c) => c.started !== undefined && isAlive(c));
  if (left.length === 0) return;
  say(`the last run on this data folder was killed: ending the ${left.length} processes it left behind`);
  await endInStages(left, 5000);
}

/** Undefined when it is gone. A file that can't be read as ours belongs to nobody. */
function readOwner(file) {
  try {
    const owner = JSON.parse(readFileSync(file, 'utf8'));
    return { pid: owner.pid, started: owner.started, children: owner.children ?? [], database: owner.database };
  } catch (e) {
    return e.code === 'ENOENT' ? undefined : { pid: 0, started: 'never', children: [] };
  }
}
