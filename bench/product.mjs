// The whole mesh with hosts in its inventory, for benches that compare it with a bare loop over the same hosts.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startMesh } from '../tools/mesh.mjs';
import { seedFleet } from '../tools/seed.mjs';
import { surroundings } from '../tools/surroundings.mjs';
import { cpuOf } from './machine.mjs';
import { carryOut } from './runs.mjs';

/** @param {readonly import('../tools/mesh.d.mts').FleetHost[]} hosts found by their tags */
export async function startProduct(hosts) {
  const folder = mkdtempSync(join(tmpdir(), 'opsmesh-bench-hosts-'));
  chmodSync(folder, 0o755);
  const mesh = await startMesh({
    dataDir: join(folder, 'data'), ports: 'free', only: ['redis', 'postgres', 'orchestrator', 'asset-service', 'automation-service'], surroundings: surroundings(),
    // No limit of the product's own holds back what the bare loop may do.
    env: { LOG_LEVEL: 'warn', OPSMESH_AUTH: 'off', WORKER_CONCURRENCY: '1000', OPSMESH_SSH_COMMANDS: '1000' },
  }).catch((error) => {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  });
  const pool = new pg.Pool({ connectionString: mesh.urls.postgres, max: 1 });
  // An idle connection that ends with the server is no news; a query says it itself.
  pool.on('error', () => undefined);
  const stop = async () => {
    await pool.end();
    await mesh.stop();
    if (mesh.cluster && !mesh.cluster.startsWith(folder)) rmSync(mesh.cluster, { recursive: true, force: true });
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await seedFleet({ url: mesh.urls['asset-service'], hosts });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    /** CPU time of each of its processes so far, in microseconds. */
    cpu: () => Object.fromEntries(Object.entries(mesh.children).map(([name, child]) => [name, cpuOf(child.pid)])),
    /**
     * Runs a tool on all hosts with a tag. `ms` is from the request to the commit that ended the run; `times` are those of each host, from its readiness
     * (committed) to the commit of its outcome; both in milliseconds.
     */
    async run({ tool, inputs, tag, atOnce }) {
      const steps = [
        { id: 'assets', tool: 'asset-query', inputs: { filters: { tags: tag } } },
        { id: 'work', tool, forEach: '<<steps.assets.output.hostnames>>', inputs: { target_host: '<<item>>', ...inputs }, map: { concurrency: atOnce } },
      ];
      const [{ id, sentAt }] = await carryOut({ api: mesh.urls.orchestrator, pool }, { name: 'bench hosts', steps });
      const { rows: [{ end }] } = await pool.query('select extract(epoch from finished_at)::float8 * 1000 as end from orchestrator.runs where id = $1', [id]);
      const { rows } = await pool.query('select extract(epoch from finished_at - queued_at)::float8 * 1000 as ms from orchestrator.items where run_id = $1 and step = 1', [id]);
      return { ms: end - sentAt, times: rows.map((r) => r.ms) };
    },
    stop,
  };
}
