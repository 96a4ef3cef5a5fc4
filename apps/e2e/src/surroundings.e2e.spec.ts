import { readFileSync } from 'node:fs';
import { surroundings } from '../../../tools/surroundings.mjs';
import { Rig } from './rig.js';

/** What somebody who runs an opsmesh of their own may have in their shell. */
const SETTINGS = {
  COPILOT_MODEL_URL: 'http://127.0.0.1:9/v1', COPILOT_MODEL: 'costly', COPILOT_MODEL_KEY: 'hunter2', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', WORKER_CONCURRENCY: '1',
  NETWORK_ALLOWED_CIDRS: '192.0.2.0/24', DATABASE_CONNECTIONS: '3', DATABASE_URL: 'postgres://127.0.0.1:9/theirs', REDIS_URL: 'redis://127.0.0.1:9', OPSMESH_AUTH: 'on',
  OPSMESH_RETENTION_DAYS: '1', HOST: '192.0.2.1', ORCHESTRATOR_PORT: '1', ASSET_SERVICE_URL: 'http://127.0.0.1:9', LOG_LEVEL: 'silent', FLEET_FILE: '/nowhere/fleet.json',
};

it('what programs, Node, npm and specs need is handed on, settings of an opsmesh are not', () => {
  const needed = { PATH: '/bin', HOME: '/root', TMPDIR: '/tmp', LC_ALL: 'C.UTF-8', CI: 'true', npm_lifecycle_event: 'test', NODE_OPTIONS: '--no-warnings', REDIS_SERVER: '/opt/redis', TEST_DATABASE_URL: 'postgres://h/db', INJECTION_RUNS: '1' };
  expect(surroundings({ ...SETTINGS, ...needed })).toEqual(needed);
});

describe('a mesh of the specs', () => {
  let rig: Rig;
  const before = { ...process.env };
  beforeAll(async () => {
    Object.assign(process.env, SETTINGS);
    rig = await Rig.start();
  }, 120_000);
  afterAll(async () => {
    for (const name of Object.keys(SETTINGS)) delete process.env[name];
    Object.assign(process.env, before);
    await rig.stop();
  }, 60_000);

  it('has nothing of the settings of whoever starts them', () => {
    const children = Object.values(rig.mesh.children).filter((c) => !['redis', 'postgres'].includes(c.name));
    expect(children).toHaveLength(5);
    for (const child of children) {
      const environment = readFileSync(`/proc/${child.pid}/environ`, 'utf8').split('\0');
      expect(Object.entries(SETTINGS).filter(([name, value]) => environment.includes(`${name}=${value}`))).toEqual([]);
    }
  });
});
