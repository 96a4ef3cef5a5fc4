import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GRANT_SECONDS, type ClaimRequestDto, type ConnectionDto } from '@opsmesh/contracts';
import { inputSha256, openKeys, ProblemError, type Database, type Keys } from '@opsmesh/platform';
import { createTestDatabase, type TestDatabase } from '@opsmesh/testing';
import type { Pool } from 'pg';
import { ClaimStore } from '../store/claim-store.js';
import { fanOut, QUEUE, runOf, TOOLS } from '../testing/documents.js';
import { countOf, itemsOf, newEngine, openRecord } from '../testing/rig.js';
import { create, happens, succeeded } from '../testing/submissions.js';
import { ClaimDesk } from './claim-desk.js';
import { OwnAttempts } from './own-attempts.js';
import type { NewRun } from './run.js';

let server: TestDatabase; let database: Database; let pool: Pool; let keys: Keys; let dir: string;
beforeAll(async () => {
  server = await createTestDatabase(process.env['TEST_DATABASE_URL']!);
  database = await openRecord(server.url);
  ({ pool } = database);
  dir = mkdtempSync(join(tmpdir(), 'opsmesh-desk-'));
  keys = openKeys(dir);
});
afterAll(async () => {
  await database.close();
  await server.drop();
  rmSync(dir, { recursive: true });
});

const CONNECTION: ConnectionDto = { assetId: 'asset-7', hostname: 'web1', address: '10.0.0.1', protocol: 'ssh', port: 22, credentialId: 'cred-7' };
let asked: string[][];
let resolve: () => Promise<ConnectionDto>;
beforeEach(() => {
  asked = [];
  resolve = () => Promise.resolve(CONNECTION);
});

/** A desk as one process has it. */
function newDesk(): ClaimDesk {
  const { engine, facts } = newEngine(pool);
  return new ClaimDesk({
    engine, attempts: new OwnAttempts({ facts, owners: { serviceOf: (name) => Promise.resolve(TOOLS.some((t) => t.name === name) ? QUEUE : undefined) } }), reader: new ClaimStore(pool), signer: keys.grantSigner(),
    needs: { kindOf: (name) => Promise.resolve(TOOLS.find((t) => t.name === name)?.credential?.kind) },
    connections: { resolve: (...all) => { asked.push(all); return resolve(); } },
  });
}

async function aRun(tool: string, items = 1): Promise<NewRun> {
  const run = runOf(fanOut(tool, items), { tenantId: 'acme' });
  await newEngine(pool).engine.submit([create(run)]);
  return run;
}

const idOf = (run: NewRun, item = 0, attempt = 1): string => `${run.id}.each.${item}.${attempt}`;
const request = (more: Partial<ClaimRequestDto> = {}): ClaimRequestDto => ({ workerId: 'w1', inputSha256: inputSha256({ host: 'host-0' }), keyThumbprint: 'A'.repeat(43), ...more });
const refusal = { status: 409, code: 'claim-refused' };

it('gives a grant that is bound to exactly this attempt, worker, target, credential and command', async () => {
  const run = await aRun('login');
  const before = Math.floor(Date.now() / 1000);
  const answer = await newDesk().claim(QUEUE, idOf(run), request());
  expect(asked).toEqual([['acme', 'host-0', 'ssh']]);
  expect(answer.connection).toEqual(CONNECTION);
  const { iat, exp, ...claims } = await keys.verifyGrant(answer.grant);
  expect(claims).toEqual({
    jti: `${idOf(run)}#${'A'.repeat(43)}`, attempt: idOf(run), tenant: 'acme', worker: 'w1', tool: 'login', targets: ['asset-7'], via: [], credentialIds: ['cred-7'],
    inputSha256: inputSha256({ host: 'host-0' }), keyThumbprint: 'A'.repeat(43), manifestSha256: null, endpointsSha256: null,
  });
  expect(exp - iat).toBe(GRANT_SECONDS);
  expect(iat).toBeGreaterThanOrEqual(before);
  expect(answer.expiresAt).toBe(new Date(exp * 1000).toISOString());
});

it('names the jump hosts on the way and the credentials of all, each once', async () => {
  const hop = (n: number, credentialId: string): ConnectionDto => ({ ...CONNECTION, assetId: `hop-${n}`, hostname: `hop${n}`, credentialId });
  resolve = () => Promise.resolve({ ...CONNECTION, via: [hop(1, 'cred-8'), hop(2, 'cred-7'), hop(3, 'cred-8')] });
  const answer = await newDesk().claim(QUEUE, idOf(await aRun('login')), request());
  expect(await keys.verifyGrant(answer.grant)).toMatchObject({ targets: ['asset-7'], via: ['hop-1', 'hop-2', 'hop-3'], credentialIds: ['cred-7', 'cred-8'] });
  expect(answer.connection?.via).toHaveLength(3);
});

it('commits the claim before it answers', async () => {
  const run = await aRun('login');
  await newDesk().claim(QUEUE, idOf(run), request());
  const { rows } = await pool.query('select step, item, attempt, worker_id, key_thumbprint, credential_id from orchestrator.claims where run_id = $1', [run.id]);
  expect(rows).toEqual([{ step: 0, item: 0, attempt: 1, worker_id: 'w1', key_thumbprint: 'A'.repeat(43), credential_id: 'cred-7' }]);
  expect((await itemsOf(pool, run.id))[0]).toMatchObject({ status: 'running', worker_id: 'w1' });
});

it('of a tool without a credential names no target and asks nobody', async () => {
  const run = await aRun('change');
  const answer = await newDesk().claim(QUEUE, idOf(run), request());
  expect(answer.connection).toBeUndefined();
  expect(await keys.verifyGrant(answer.grant)).toMatchObject({ targets: [], credentialIds: [] });
  expect(asked).toEqual([]);
});

describe('refuses, and keeps no claim of,', () => {
  let desk: ClaimDesk; let run: NewRun; let claims: number;
  beforeEach(async () => {
    desk = newDesk();
    run = await aRun('login', 2);
    claims = await countOf(pool, 'claims');
  });
  afterEach(async () => { expect(await countOf(pool, 'claims')).toBe(claims); });

  it('other inputs than those of the record', () => expect(desk.claim(QUEUE, idOf(run), request({ inputSha256: inputSha256({ host: 'host-1' }) }))).rejects.toMatchObject(refusal));
  it('an attempt that is not the newest', () => expect(desk.claim(QUEUE, idOf(run, 0, 2), request())).rejects.toMatchObject(refusal));
  it.each(['', 'nonsense', '00000000-0000-7000-8000-000000000000.each.0.1'])('the attempt %j, which does not exist', (id) => expect(desk.claim(QUEUE, id, request())).rejects.toMatchObject(refusal));
  it.each(['rogue', undefined])('the service %j, which has not the tool', (service) => expect(desk.claim(service, idOf(run), request())).rejects.toMatchObject({ status: 403, code: 'forbidden' }));
  it('a step or an item that does not exist', async () => {
    await expect(desk.claim(QUEUE, `${run.id}.other.0.1`, request())).rejects.toMatchObject(refusal);
    await expect(desk.claim(QUEUE, idOf(run, 2), request())).rejects.toMatchObject(refusal);
  });
  it('an attempt of a cancelled run', async () => {
    await newEngine(pool).engine.submit([happens(run.id, { type: 'cancel' })]);
    await expect(desk.claim(QUEUE, idOf(run), request())).rejects.toMatchObject(refusal);
  });
  it('an attempt that ended', async () => {
    await newEngine(pool).engine.submit([succeeded({ runId: run.id, step: 0, item: 0, attempt: 1 })]);
    await expect(desk.claim(QUEUE, idOf(run), request())).rejects.toMatchObject(refusal);
  });
  it('a target that the asset service refuses, in its words', async () => {
    resolve = () => Promise.reject(new ProblemError(404, 'target-unknown', 'there is no asset host-0'));
    await expect(desk.claim(QUEUE, idOf(run), request())).rejects.toMatchObject({ status: 404, code: 'target-unknown' });
    expect((await itemsOf(pool, run.id))[0]).toMatchObject({ status: 'queued' });
  });
  it('a run that is cancelled while the asset service thinks', async () => {
    resolve = async () => { await newEngine(pool).engine.submit([happens(run.id, { type: 'cancel' })]); return CONNECTION; };
    await expect(desk.claim(QUEUE, idOf(run), request())).rejects.toMatchObject(refusal);
  });
});

it('refuses an attempt that another worker has', async () => {
  const run = await aRun('login');
  await newDesk().claim(QUEUE, idOf(run), request());
  await expect(newDesk().claim(QUEUE, idOf(run), request({ workerId: 'w2', keyThumbprint: 'B'.repeat(43) }))).rejects.toMatchObject(refusal);
});

it('refuses the same worker in a second execution: only the one that holds the key of the claim may go on', async () => {
  const run = await aRun('login');
  await newDesk().claim(QUEUE, idOf(run), request());
  await expect(newDesk().claim(QUEUE, idOf(run), request({ keyThumbprint: 'B'.repeat(43) }))).rejects.toMatchObject(refusal);
});

it('answers the same execution again: its first answer may have been lost', async () => {
  const run = await aRun('login');
  const first = await newDesk().claim(QUEUE, idOf(run), request());
  const again = await newDesk().claim(QUEUE, idOf(run), request());
  expect((await keys.verifyGrant(again.grant)).jti).toBe((await keys.verifyGrant(first.grant)).jti);
  const { rowCount } = await pool.query('select 1 from orchestrator.claims where run_id = $1', [run.id]);
  expect(rowCount).toBe(1);
});

it('of many desks that are asked at once for one attempt exactly one grants it', async () => {
  const run = await aRun('login');
  const outcomes = await Promise.allSettled(Array.from({ length: 6 }, (_, i) => newDesk().claim(QUEUE, idOf(run), request({ workerId: `w${i}`, keyThumbprint: String(i).repeat(43) }))));
  expect(outcomes.filter((o) => o.status === 'fulfilled')).toHaveLength(1);
  for (const o of outcomes) if (o.status === 'rejected') expect(o.reason).toMatchObject(refusal);
});

it('lets an idempotent attempt be taken over, with a grant of its own', async () => {
  const run = await aRun('probe');
  const first = await newDesk().claim(QUEUE, idOf(run), request());
  const second = await newDesk().claim(QUEUE, idOf(run), request({ workerId: 'w2', keyThumbprint: 'B'.repeat(43) }));
  expect((await keys.verifyGrant(second.grant)).jti).not.toBe((await keys.verifyGrant(first.grant)).jti);
});
