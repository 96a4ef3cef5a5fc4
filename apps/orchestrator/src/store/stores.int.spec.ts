import { createHash } from 'node:crypto';
import type { WorkerRegistrationDto } from '@opsmesh/contracts';
import type { Pool } from 'pg';
import { fanOut, runOf, tool } from '../testing/documents.js';
import { countOf, newEngine, useRecord } from '../testing/rig.js';
import { claimed, create, happens } from '../testing/submissions.js';
import { BlobStore } from './blob-store.js';
import { CatalogueStore } from './catalogue-store.js';
import { DeadLetterStore } from './dead-letter-store.js';
import { TokenStore, type NewToken } from './token-store.js';
import { WorkerStore } from './worker-store.js';

let pool: Pool;
useRecord((database) => { ({ pool } = database); });
beforeEach(() => pool.query('truncate orchestrator.tools, orchestrator.workers, orchestrator.api_tokens'));

describe('the catalogue', () => {
  const service = (name: string, tools: string[], more: object = {}): WorkerRegistrationDto => ({ workerId: `${name}-1`, service: name, queue: `${name}-queue`, concurrency: 5, tools: tools.map((t) => tool(t, more)) });

  it('knows what was registered, with its service and queue', async () => {
    const store = new CatalogueStore(pool);
    await store.register(service('net', ['ping', 'dns']));
    await store.register(service('shell', ['run']));
    const tools = await store.current();
    expect([...tools.names()].sort()).toEqual(['dns', 'ping', 'run']);
    expect(tools.get('ping')).toEqual({ ...tool('ping'), service: 'net', queue: 'net-queue' });
    expect(tools.get('PING')).toBeUndefined();
    expect(tools.all()).toHaveLength(3);
  });

  it('renews what a service registers again and forgets what it no longer has', async () => {
    const store = new CatalogueStore(pool);
    await store.register(service('other', ['keep']));
    await store.register(service('net', ['ping', 'dns']));
    await store.current();
    await store.register({ ...service('net', ['ping', 'trace'], { version: '2.0.0' }), queue: 'moved' });
    const tools = await store.current();
    expect([...tools.names()].sort()).toEqual(['keep', 'ping', 'trace']);
    expect(tools.get('ping')).toMatchObject({ version: '2.0.0', queue: 'moved' });
    await store.register(service('net', []));
    expect([...(await store.current()).names()]).toEqual(['keep']);
  });

  it('refuses a tool that another service has, and changes nothing then', async () => {
    const store = new CatalogueStore(pool);
    await store.register(service('net', ['ping']));
    await expect(store.register(service('rogue', ['fresh', 'ping']))).rejects.toMatchObject({ status: 409, code: 'tool-conflict', detail: expect.stringContaining('net') as string });
    expect([...(await store.current()).names()]).toEqual(['ping']);
    expect((await store.current()).get('ping')?.service).toBe('net');
  });

  it.each([
    ['a type that there is not', { type: 'strin' }], ['a broken pattern', { type: 'object', properties: { a: { type: 'string', pattern: '[' } } }], ['a reference to nothing', { $ref: '#/definitions/none' }],
  ])('refuses a tool whose schema has %s', async (_, inputSchema) => {
    const store = new CatalogueStore(pool);
    const worker = { ...service('net', ['ping']), tools: [tool('ping', { inputSchema })] };
    await expect(store.register(worker)).rejects.toMatchObject({ status: 422, code: 'tool-invalid', detail: expect.stringContaining('inputSchema of the tool "ping"') as string });
    expect((await store.current()).get('ping')?.inputSchema).not.toEqual(inputSchema);
  });

  it('refuses a tool that contradicts itself', async () => {
    const worker = { ...service('net', ['ping']), tools: [tool('ping', { effect: 'write', cacheMs: 1000 })] };
    await expect(new CatalogueStore(pool).register(worker)).rejects.toMatchObject({ status: 422, code: 'tool-invalid', detail: expect.stringContaining('cacheMs') as string });
  });

  it('gives a tool to exactly one of two services that register it at once', async () => {
    const outcomes = await Promise.allSettled(['a', 'b', 'c', 'd'].map((name) => new CatalogueStore(pool).register(service(name, ['same']))));
    expect(outcomes.filter((o) => o.status === 'fulfilled')).toHaveLength(1);
    for (const o of outcomes) if (o.status === 'rejected') expect(o.reason).toMatchObject({ code: 'tool-conflict' });
  });

  it('keeps the same declarations as the same objects as long as they do not change', async () => {
    const store = new CatalogueStore(pool);
    await store.register(service('net', ['ping', 'dns']));
    const before = await store.current();
    await store.register({ ...service('net', ['ping']), tools: [tool('ping'), tool('dns', { version: '1.0.1' })] });
    const after = await store.current();
    expect(after.get('ping')).toBe(before.get('ping'));
    expect(after.get('dns')).not.toBe(before.get('dns'));
  });
});

describe('a token', () => {
  const facts: NewToken = { name: 'ci', tenantId: 'acme', actorId: 'bob', scopes: ['runs:read', 'runs:write'], lifeSeconds: 60 };

  it('is its owner, for as long as it lives', async () => {
    const store = new TokenStore(pool);
    const { token, expiresAt } = await store.create(facts);
    expect(await store.verify(token)).toEqual({ tenantId: 'acme', actorId: 'bob', scopes: ['runs:read', 'runs:write'] });
    expect(expiresAt.getTime() - Date.now()).toBeGreaterThan(50_000);
    expect((await store.create(facts)).token).not.toBe(token);
  });

  it('that expired is nobody', async () => {
    const store = new TokenStore(pool);
    const { token, id } = await store.create(facts);
    await pool.query(`update orchestrator.api_tokens set expires_at = now() where id = $1`, [id]);
    expect(await store.verify(token)).toBeNull();
    expect(await store.verify((await store.create({ ...facts, lifeSeconds: 0 })).token)).toBeNull();
  });

  it('that was revoked is nobody, and is revoked once', async () => {
    const store = new TokenStore(pool);
    const { token, id } = await store.create(facts);
    const other = await store.create(facts);
    expect(await store.revoke(id)).toBe(true);
    expect(await store.verify(token)).toBeNull();
    expect(await store.verify(other.token)).not.toBeNull();
    expect(await store.revoke(id)).toBe(false);
    expect((await store.list()).find((t) => t.id === id)?.revokedAt).toBeInstanceOf(Date);
  });

  it.each(['', 'opsmesh_', 'opsmesh_wrong', 'x'.repeat(100), 'opsmesh_\0'])('%j is nobody', async (text) => { expect(await new TokenStore(pool).verify(text)).toBeNull(); });

  it('is kept as its hash only', async () => {
    const { token } = await new TokenStore(pool).create(facts);
    const { rows } = await pool.query<{ row: string; sha256: string }>('select t::text as row, sha256 from orchestrator.api_tokens t');
    expect(rows[0]!.sha256).toBe(createHash('sha256').update(token).digest('hex'));
    for (const part of [token, token.slice('opsmesh_'.length), token.slice(-10)]) expect(rows[0]!.row).not.toContain(part);
    expect(JSON.stringify(await new TokenStore(pool).list())).not.toContain(rows[0]!.sha256);
    expect(Buffer.from(token.slice('opsmesh_'.length), 'base64url')).toHaveLength(32);
  });
});

describe('workers', () => {
  const registration: WorkerRegistrationDto = { workerId: 'net-1', service: 'net', queue: 'net', concurrency: 5, tools: [] };

  it('are known from registration to deregistration', async () => {
    const store = new WorkerStore(pool);
    expect(await store.beat({ workerId: 'net-1', service: 'net' }, [])).toBeNull();
    await store.register(registration);
    expect(await store.beat({ workerId: 'net-1', service: 'net' }, ['a.b.0.1'])).toEqual([]);
    expect(await store.list()).toEqual([{ id: 'net-1', service: 'net', queue: 'net', concurrency: 5, active: ['a.b.0.1'], silentMs: expect.any(Number) as number }]);
    await store.deregister({ workerId: 'net-1', service: 'net' });
    expect(await store.list()).toEqual([]);
    expect(await store.beat({ workerId: 'net-1', service: 'net' }, [])).toBeNull();
  });

  it('are those of the service that registered them', async () => {
    const store = new WorkerStore(pool);
    await store.register(registration);
    const foreign = { workerId: 'net-1', service: 'rogue' };
    for (const act of [() => store.beat(foreign, ['a.b.0.1']), () => store.deregister(foreign), () => store.register({ ...registration, service: 'rogue' })]) await expect(act()).rejects.toMatchObject({ status: 403, code: 'forbidden' });
    expect(await store.list()).toMatchObject([{ id: 'net-1', service: 'net', active: [] }]);
    expect(await store.beat({ workerId: 'net-9', service: 'rogue' }, [])).toBeNull();
  });

  it('are silent since their last beat, by the clock of the database', async () => {
    const store = new WorkerStore(pool);
    await store.register(registration);
    await pool.query(`update orchestrator.workers set seen_at = now() - interval '7 seconds'`);
    expect((await store.list())[0]!.silentMs).toBeGreaterThanOrEqual(7000);
    await store.beat({ workerId: 'net-1', service: 'net' }, []);
    expect((await store.list())[0]!.silentMs).toBeLessThan(5000);
    await pool.query(`update orchestrator.workers set seen_at = now() - interval '7 seconds'`);
    await store.register({ ...registration, concurrency: 9 });
    expect((await store.list())[0]).toMatchObject({ concurrency: 9 });
    expect((await store.list())[0]!.silentMs).toBeLessThan(5000);
  });

  it('say how attempts are handed out: how many there are, and what all of them take in one job', async () => {
    const store = new WorkerStore(pool);
    for (const [workerId, more] of Object.entries({ 'net-1': { together: 8 }, 'net-2': { together: 3 }, 'net-3': {}, 'ssh-1': { queue: 'ssh', together: 4 }, 'old-1': { queue: 'old', together: 4 } })) await store.register({ ...registration, workerId, ...more });
    await pool.query(`update orchestrator.workers set seen_at = now() - interval '6 seconds' where id in ('net-3', 'old-1')`);
    expect(await store.rooms()).toEqual(new Map([['net', { workers: 2, together: 3 }], ['ssh', { workers: 1, together: 4 }]]));
    await store.beat({ workerId: 'net-3', service: 'net' }, []);
    expect((await store.rooms()).get('net')).toEqual({ workers: 3, together: 1 });
  });

  it('are told once what to publish again', async () => {
    const store = new WorkerStore(pool);
    await store.register(registration);
    await store.register({ ...registration, workerId: 'net-2' });
    await store.askToResend('net-1', ['x.y.0.1', 'x.y.1.1']);
    expect(await store.beat({ workerId: 'net-2', service: 'net' }, [])).toEqual([]);
    expect(await store.beat({ workerId: 'net-1', service: 'net' }, [])).toEqual(['x.y.0.1', 'x.y.1.1']);
    expect(await store.beat({ workerId: 'net-1', service: 'net' }, [])).toEqual([]);
  });

  it('that were silent for an hour are forgotten when another registers', async () => {
    const store = new WorkerStore(pool);
    await store.register(registration);
    await pool.query(`update orchestrator.workers set seen_at = now() - interval '61 minutes'`);
    await store.register({ ...registration, workerId: 'net-2' });
    expect((await store.list()).map((w) => w.id)).toEqual(['net-2']);
  });

  it('hear which runs are not wanted: unknown, ended or stopping ones', async () => {
    const { engine } = newEngine(pool);
    const [running, paused, stopping, ended] = [1, 2, 3, 4].map(() => runOf(fanOut('change', 1)));
    await engine.submit([running!, paused!, stopping!, ended!].map(create));
    await engine.submit([claimed({ runId: stopping!.id, step: 0, item: 0, attempt: 1 })]);
    await engine.submit([happens(paused!.id, { type: 'pause' }), happens(stopping!.id, { type: 'cancel' }), happens(ended!.id, { type: 'cancel' })]);
    const unknown = '00000000-0000-7000-8000-000000000000';
    expect(await new WorkerStore(pool).unwanted([running!.id, paused!.id, stopping!.id, ended!.id, unknown])).toEqual(new Set([stopping!.id, ended!.id, unknown]));
  });
});

it('a blob is kept once under the hash of its bytes', async () => {
  const store = new BlobStore(pool);
  const bytes = Buffer.from('{"a":1}');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  expect(await Promise.all([store.put(bytes), store.put(bytes)])).toEqual([{ sha256, bytes: 7 }, { sha256, bytes: 7 }]);
  expect(await countOf(pool, 'blobs')).toBe(1);
});

it('a dead letter is kept whatever it holds', async () => {
  const store = new DeadLetterStore(pool);
  await store.add({ entryId: '1-0', reason: 'says "\0"', payload: `a\0b${'x'.repeat(2_000_000)}` });
  const { rows } = await pool.query<{ reason: string; payload: string }>('select reason, payload from orchestrator.dead_letters');
  expect(rows[0]!.reason).toBe('says "\uFFFD"');
  expect(rows[0]!.payload).toHaveLength(1_000_000);
});
