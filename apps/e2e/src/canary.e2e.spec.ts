import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import pg from 'pg';
import { Rig } from './rig.js';

let rig: Rig;
beforeAll(async () => { rig = await Rig.start({ LOG_LEVEL: 'trace' }); }, 120_000);
afterAll(() => rig.stop(), 60_000);

/** Every file below a folder, as bytes. */
function* filesBelow(folder: string): Generator<[string, Buffer]> {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const kind = statSync(path, { throwIfNoEntry: false });
    if (kind?.isDirectory()) yield* filesBelow(path);
    else if (kind?.isFile()) yield [path, readFileSync(path)];
  }
}

async function everythingInRedis(url: string): Promise<string> {
  const redis = new Redis(url);
  const parts: string[] = [];
  for (const key of await redis.keys('*')) {
    const type = await redis.type(key);
    const value = type === 'stream' ? await redis.xrange(key, '-', '+') : type === 'hash' ? await redis.hgetall(key) : type === 'list' ? await redis.lrange(key, 0, '-1')
      : type === 'zset' ? await redis.zrange(key, 0, '-1') : type === 'set' ? await redis.smembers(key) : await redis.get(key);
    parts.push(key, JSON.stringify(value));
  }
  redis.disconnect();
  return parts.join('\n');
}

async function everythingInPostgres(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows: tables } = await client.query<{ name: string }>(`select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`);
  const parts: string[] = [];
  for (const { name } of tables) parts.push(name, JSON.stringify((await client.query(`select * from ${name}`)).rows));
  await client.end();
  return parts.join('\n');
}

it('a secret of the vault appears in no queue, stream, table, log, file of Redis or answer', async () => {
  const host = rig.mesh.fleet().find((h) => h.hostname === 'web-01')!;
  const windows = rig.mesh.fleet().find((h) => h.hostname === 'pc-win10-01')!;
  const secrets = [host.password, windows.password];
  const forms = secrets.flatMap((secret) => [Buffer.from(secret).toString('base64').replace(/=+$/, ''), encodeURIComponent(secret), Buffer.from(secret).toString('hex')].map((form) => Buffer.from(form)).concat(Buffer.from(secret), Buffer.from(secret, 'utf16le')));
  const id = await rig.startRun({
    steps: [
      { id: 'assets', tool: 'asset-query', inputs: { filters: { tags: 'web' } } },
      { id: 'disk', tool: 'disk-usage', forEach: '<<steps.assets.output.assets>>', inputs: { target_host: '<<item.ip_address>>', path: '/' } },
      // A host that says the secret aloud: the worker knows it and takes it out.
      { id: 'echo', tool: 'run-command', inputs: { target_host: host.ip, command: 'cat', stdin: '<<input.said>>' } },
      { id: 'volumes', tool: 'Get-Volume', inputs: { target_host: windows.ip } },
      { id: 'powershell', tool: 'run-powershell', inputs: { target_host: windows.ip, script: 'whoami' } },
    ],
    inputs: { said: 'nothing' },
  });
  const run = await rig.ended(id);
  expect(run.steps.map((s) => s.counts)).toMatchObject([{ succeeded: 1 }, { succeeded: 3, failed: 1 }, { succeeded: 1 }, { succeeded: 1 }, { succeeded: 1 }]);
  const answers = JSON.stringify([run, await rig.items(id, 'disk'), await rig.items(id, 'echo'), await rig.items(id, 'volumes'), await rig.items(id, 'powershell'), (await rig.request('GET', '/runs')).body, (await rig.request('GET', '/tools')).body, (await rig.request('GET', '/metrics')).body]);
  const places: [string, Buffer][] = [
    ['API', Buffer.from(answers)], ['Redis', Buffer.from(await everythingInRedis(rig.mesh.urls.redis))], ['PostgreSQL', Buffer.from(await everythingInPostgres(rig.mesh.urls.postgres))],
    ...filesBelow(join(rig.mesh.data, 'redis')), ...[...filesBelow(rig.mesh.logs)].filter(([path]) => !path.endsWith('fleet.log')),
    ['command lines', execFileSync('ps', ['-eo', 'args'])],
  ];
  const found = places.flatMap(([place, content]) => forms.filter((form) => content.includes(form)).map((form) => `${place}: ${secrets.includes(form.toString()) ? 'plain' : 'encoded'}`));
  expect(found).toEqual([]);
});

it('a host that says the secret aloud is not repeated', async () => {
  const host = rig.mesh.fleet().find((h) => h.hostname === 'web-02')!;
  // Split so that the plan itself does not hold it.
  const [a, b] = [host.password.slice(0, 8), host.password.slice(8)];
  const id = await rig.startRun({ steps: [{ id: 'say', tool: 'run-command', inputs: { target_host: host.ip, command: `printf %s '${a}'; sleep 0.1; printf %s '${b}'` } }] });
  await rig.ended(id);
  const [item] = await rig.items(id, 'say');
  expect(item).toMatchObject({ status: 'succeeded' });
  expect(JSON.stringify(item!.output)).not.toContain(host.password);
  expect(await everythingInPostgres(rig.mesh.urls.postgres)).not.toContain(host.password);
});

it('nor is a Windows host that does', async () => {
  const { ip, password } = rig.mesh.fleet().find((h) => h.hostname === 'pc-win10-02')!;
  const [a, b] = [password.slice(0, 8), password.slice(8)];
  const id = await rig.startRun({ steps: [{ id: 'say', tool: 'run-powershell', inputs: { target_host: ip, script: `[Console]::Out.Write('${a}'); Start-Sleep -Milliseconds 100; [Console]::Out.Write('${b}')` } }] });
  await rig.ended(id);
  const [item] = await rig.items(id, 'say');
  expect(item).toMatchObject({ status: 'succeeded' });
  expect(JSON.stringify(item!.output)).not.toContain(password);
  expect(await everythingInPostgres(rig.mesh.urls.postgres)).not.toContain(password);
});
