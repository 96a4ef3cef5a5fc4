import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { createLogger, isOutcomeUnknown, isTransient, openDatabase, StartError, transaction, type Database } from '../index.js';
import { TcpGate } from './tcp-gate.fixture.js';

const server = process.env['TEST_DATABASE_URL']!;
const name = `platform_${randomBytes(6).toString('hex')}`;
const url = Object.assign(new URL(server), { pathname: `/${name}` }).toString();
const log = createLogger('spec', { level: 'silent' });
const folder = mkdtempSync(join(tmpdir(), 'opsmesh-migrations-'));

async function admin(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  await client.query(sql);
  await client.end();
}

function migration(entries: Record<string, string>): void {
  mkdirSync(join(folder, 'meta'), { recursive: true });
  for (const [tag, sql] of Object.entries(entries)) writeFileSync(join(folder, `${tag}.sql`), sql);
  const journal = Object.keys(entries).map((tag, idx) => ({ idx, version: '7', when: 1000 + idx, tag, breakpoints: true }));
  writeFileSync(join(folder, 'meta', '_journal.json'), JSON.stringify({ version: '7', dialect: 'postgresql', entries: journal }));
}
const FIRST = { '0000_init': 'create schema if not exists shop;--> statement-breakpoint\ncreate table thing (id int primary key);--> statement-breakpoint\nselect pg_sleep(0.1);' };

const databases: Database[] = [];
async function open(more: Partial<Parameters<typeof openDatabase>[0]> = {}): Promise<Database> {
  const database = await openDatabase({ url, schema: 'shop', migrationsFolder: folder, applicationName: 'spec', log, ...more });
  databases.push(database);
  return database;
}
/** The URL of the database by way of a gate. */
const through = (port: number): string => Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(port) }).toString();
beforeAll(() => admin(`create database ${name}`));
afterEach(async () => {
  for (const database of databases.splice(0)) await database.close();
});
afterAll(async () => {
  await admin(`drop database ${name} with (force)`);
  rmSync(folder, { recursive: true });
});

it('several processes that start at once migrate once, each into its own schema', async () => {
  migration(FIRST);
  const [first] = await Promise.all([open(), open(), open({ max: 1 })]);
  const { rows } = await first!.pool.query('select count(*)::int as n from shop.migrations');
  expect(rows).toEqual([{ n: 1 }]);
  expect((await first!.pool.query("select to_regclass('shop.thing')::text as t, to_regclass('public.thing')::text as p")).rows).toEqual([{ t: 'thing', p: null }]);
  const other = await open({ schema: 'stock' });
  expect((await other.pool.query("select to_regclass('stock.thing')::text as t")).rows).toEqual([{ t: 'thing' }]);
});

it('a later start runs only what is new', async () => {
  migration({ ...FIRST, '0001_more': 'alter table thing add column name text;' });
  const { pool } = await open();
  await pool.query("insert into thing values (1, 'x')");
  expect((await pool.query('select count(*)::int as n from shop.migrations')).rows).toEqual([{ n: 2 }]);
});

it('a migration that fails leaves nothing behind and does not keep the lock', async () => {
  migration({ ...FIRST, '0001_more': 'alter table thing add column name text;', '0002_bad': 'create table half (id int);--> statement-breakpoint\ncreate nonsense;' });
  await expect(open()).rejects.toThrow();
  migration({ ...FIRST, '0001_more': 'alter table thing add column name text;' });
  const { pool } = await open();
  expect((await pool.query("select to_regclass('shop.half') as t")).rows).toEqual([{ t: null }]);
});

describe('transaction', () => {
  it('commits what returns and rolls back what throws', async () => {
    migration(FIRST);
    const { pool } = await open({ schema: 'tx' });
    await transaction(pool, (c) => c.query('insert into thing values (1)'));
    await expect(transaction(pool, async (c) => {
      await c.query('insert into thing values (2)');
      throw new Error('no');
    })).rejects.toThrow('no');
    expect((await pool.query('select id from thing')).rows).toEqual([{ id: 1 }]);
  });

  it('gives no broken connection back to the pool', async () => {
    const { pool } = await open({ schema: 'tx', max: 1 });
    await expect(transaction(pool, async (c) => {
      const { rows } = await c.query<{ pid: number }>('select pg_backend_pid() as pid');
      await admin(`select pg_terminate_backend(${rows[0]!.pid})`);
      await c.query('select 1');
    })).rejects.toThrow();
    expect((await transaction(pool, (c) => c.query('select 1 as one'))).rows).toEqual([{ one: 1 }]);
  });
});

it('a statement timeout ends slow statements', async () => {
  const { pool } = await open({ statementTimeoutMs: 50 });
  await expect(pool.query('select pg_sleep(5)')).rejects.toMatchObject({ code: '57014' });
});

it('statements have a time limit, migrations have none', async () => {
  migration({ ...FIRST, '0001_limits': `create table limits as select name, setting from pg_settings where name in ('statement_timeout', 'idle_in_transaction_session_timeout');` });
  const { pool } = await open({ schema: 'limited' });
  const ofPool = await pool.query("select name, setting from pg_settings where name in ('statement_timeout', 'idle_in_transaction_session_timeout') order by name");
  expect(ofPool.rows.map((r: { setting: string }) => r.setting)).toEqual(['60000', '60000']);
  expect((await pool.query('select distinct setting from limits')).rows).toEqual([{ setting: '0' }]);
  const { pool: patient } = await open({ schema: 'limited', url: `${url}?statement_timeout=120000` });
  expect((await patient.query('show statement_timeout')).rows).toEqual([{ statement_timeout: '2min' }]);
});

it('a transaction in which nothing happens is ended by the server, and with it its locks', async () => {
  migration(FIRST);
  const { pool } = await open({ statementTimeoutMs: 1000 });
  let free!: () => void;
  const given = transaction(pool, async (client) => {
    await client.query('lock table thing in access exclusive mode');
    await new Promise<void>((ok) => { free = ok; client.once('error', ok); });
    await client.query('select 1');
  });
  const error: unknown = await given.then(() => undefined, (e: unknown) => e);
  free();
  expect([isTransient(error), (await pool.query('select count(*)::int >= 0 as free from thing')).rows]).toEqual([true, [{ free: true }]]);
});

describe('a network that swallows everything', () => {
  let gate: TcpGate; let away: string;
  beforeEach(async () => {
    migration(FIRST);
    gate = new TcpGate(new URL(server));
    away = through(await gate.open());
  });
  afterEach(() => { gate.close(); });
  const caught = (act: Promise<unknown>): Promise<unknown> => act.then(() => 'nothing was thrown', (e: unknown) => e);

  it.each([['in the middle of a transaction', 'update'], ['at the commit', 'commit']])('%s: its outcome is not known after the time for an answer, and the connection is given up', async (_when, at) => {
    const { pool } = await open({ url: away, max: 1, answerTimeoutMs: 1000, connectTimeoutMs: 1000 });
    const error = await caught(transaction(pool, async (client) => {
      await client.query('select 1');
      if (at === 'update') gate.swallow();
      await client.query('update thing set id = id');
      gate.swallow();
    }));
    expect([isOutcomeUnknown(error), String(error)]).toEqual([true, 'Error: Query read timeout']);
    expect([pool.totalCount, pool.idleCount]).toEqual([0, 0]);
  });

  it('in a transaction that is not ours: its connection does not go back to the pool, even when it is released as a good one', async () => {
    const { pool } = await open({ url: away, answerTimeoutMs: 1000 });
    const client = await pool.connect();
    await client.query('begin');
    gate.swallow();
    const errors = [await caught(client.query('select 1')), await caught(client.query('rollback'))];
    client.release();
    expect([errors.map(isOutcomeUnknown), pool.totalCount]).toEqual([[true, true], 0]);
  });

  it('before a statement of the pool: likewise', async () => {
    const { pool } = await open({ url: away, answerTimeoutMs: 1000 });
    await pool.query('select 1');
    gate.swallow();
    expect([isOutcomeUnknown(await caught(pool.query('select 1'))), pool.totalCount]).toEqual([true, 0]);
  });

  it('and new connections: one that does not answer in time is given up', async () => {
    const { pool } = await open({ url: away, connectTimeoutMs: 1000 });
    gate.swallow();
    const errors = await Promise.all([caught(pool.query('select 1')), caught(transaction(pool, (c) => c.query('select 1')))]);
    expect(errors.map((e) => [isOutcomeUnknown(e), (e as Error).message])).toEqual(Array(2).fill([true, 'Connection terminated due to connection timeout']));
    expect(pool.totalCount).toBe(0);
  });

  it('while every connection is busy: who waits for one is told in time', async () => {
    const { pool } = await open({ url: away, max: 1, connectTimeoutMs: 1000 });
    const client = await pool.connect();
    expect(await caught(pool.query('select 1'))).toMatchObject({ message: 'timeout exceeded when trying to connect' });
    client.release();
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });
});

it('waits for a server that starts late', async () => {
  // A port that refuses, then leads to the server: what a start looks like from outside.
  const probe = createServer();
  const port = await new Promise<number>((ok) => probe.listen(0, '127.0.0.1', () => { ok((probe.address() as { port: number }).port); }));
  await new Promise((ok) => probe.close(ok));
  const gate = new TcpGate(new URL(server), port);
  let told!: () => void;
  const waiting = new Promise<void>((ok) => { told = ok; });
  const opening = open({ url: through(port), log: createLogger('spec', { level: 'warn', destination: { write: () => { told(); } } }) });
  await waiting;
  await gate.open();
  const { pool } = await opening;
  expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  gate.close();
});

it.each([
  ['a server that never answers', Object.assign(new URL(server), { port: '1' }).toString(), /did not answer within 0\.3 s \(ECONNREFUSED\): start it or check DATABASE_URL/],
  ['a database that does not exist', Object.assign(new URL(server), { pathname: '/nowhere' }).toString(), /refused us: database "nowhere" does not exist; check DATABASE_URL/],
])('%s is a start error', async (_what, bad, message) => {
  const opening = open({ url: bad, waitMs: 300 });
  await expect(opening).rejects.toThrow(StartError);
  await expect(opening).rejects.toThrow(message);
});
