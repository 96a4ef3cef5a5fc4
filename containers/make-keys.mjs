/**
 * Makes the keys of a mesh once, and gives each process only what it may have:
 *   orchestrator   service.key grant.key grant.pub   (it alone signs grants)
 *   asset-service  service.key grant.pub             (it makes its vault.key itself)
 *   worker         service.key grant.pub             (automation-service, network-service)
 * Keys that are there stay. Usage: node make-keys.mjs FOLDER, where FOLDER/orchestrator, FOLDER/asset-service and FOLDER/worker are data folders.
 */
import { copyFile, mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { openKeys } from '@opsmesh/platform';

const folder = process.argv[2];
if (!folder) throw new Error('usage: node make-keys.mjs FOLDER');

const keys = openKeys(join(folder, 'orchestrator'));
await keys.secret('service');
await keys.makeGrantKeys();

for (const receiver of ['asset-service', 'worker']) {
  const target = join(folder, receiver, 'keys');
  await mkdir(target, { recursive: true, mode: 0o700 });
  for (const file of ['service.key', 'grant.pub']) {
    const draft = join(target, `${file}.draft`);
    await copyFile(join(folder, 'orchestrator', 'keys', file), draft);
    await rename(draft, join(target, file));
  }
}
console.log('keys are in place');
