// npm run token: makes, lists and revokes API tokens, in the database of the mesh that runs on the data folder. When none runs, its PostgreSQL is
// started for the while.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startMesh } from './mesh.mjs';
import { runningDatabase } from './processes/data-lock.mjs';

const program = join(dirname(fileURLToPath(import.meta.url)), '..', 'apps', 'orchestrator', 'dist', 'token.js');
const dataDir = process.env.OPSMESH_DATA || '.data';

let mesh;
try {
  let database = process.env.DATABASE_URL || runningDatabase(dataDir);
  if (!database) {
    mesh = await startMesh({ dataDir, only: ['postgres'], ports: 'free' });
    database = mesh.urls.postgres;
  }
  const child = spawn(process.execPath, [program, ...process.argv.slice(2)], { stdio: 'inherit', env: { ...process.env, DATABASE_URL: database } });
  const [code] = await once(child, 'exit');
  process.exitCode = code ?? 1;
} catch (e) {
  console.error(e.message);
  process.exitCode = 1;
}
await mesh?.stop();
process.exit();
