// The process of watchdog.mjs.
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { endInStages } from './signals.mjs';

const GRACE_MS = 3000;
const guarded = new Map();
const folders = new Set();

for (const s of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(s, () => undefined);
for await (const line of createInterface({ input: process.stdin })) {
  const { add, remove, folder, forget } = JSON.parse(line);
  if (add) guarded.set(add.pid, add);
  if (remove) guarded.delete(remove);
  if (folder) folders.add(folder);
  if (forget) folders.delete(forget);
}
await endInStages([...guarded.values()], GRACE_MS);
for (const f of folders) rmSync(f, { recursive: true, force: true });
