// npm run client:generate: starts an orchestrator, keeps its OpenAPI document and makes the TypeScript client from it.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateClient } from '../libs/client/generator/generate-client.mjs';
import { startMesh } from './mesh.mjs';

const client = fileURLToPath(new URL('../libs/client/', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'opsmesh-client-'));
chmodSync(folder, 0o755);
const mesh = await startMesh({ dataDir: join(folder, 'data'), ports: 'free', only: ['orchestrator', 'redis', 'postgres'] });
try {
  const document = await (await fetch(`${mesh.urls.orchestrator}/docs-json`)).json();
  writeFileSync(join(client, 'openapi.json'), `${JSON.stringify(document, null, 2)}\n`);
  writeFileSync(join(client, 'src', 'generated.ts'), generateClient(document));
} finally {
  await mesh.stop();
  if (mesh.cluster && !mesh.cluster.startsWith(folder)) rmSync(mesh.cluster, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
}
console.log('libs/client is up to date with the API');
