// The process of watchdog.mjs.
import { createInterface } from 'node:readline';
import { endInStages } from './signals.mjs';

const GRACE_MS = 3000;
const guarded = new Map();

for (const s of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(s, () => undefined);
for await (const line of createInterface({ input: process.stdin })) {
  const { add, remove } = JSON.parse(line);
  if (add) guarded.set(add.pid, add);
  else guarded.delete(remove);
}
await endInStages([...guarded.values()], GRACE_MS);
