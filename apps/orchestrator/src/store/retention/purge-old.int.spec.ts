import { randomUUID } from 'node:crypto';
import type { NewRun } from '../../engine/run.js';
import { fanOut, planOf, runOf } from '../../testing/documents.js';
import { ONE, sha256, useRetention, type RetentionRig } from '../../testing/retention-rig.js';
import { countOf, newEngine, takeOutbox } from '../../testing/rig.js';
import { create, happens, succeeded } from '../../testing/submissions.js';
import { BlobStore } from '../blob-store.js';
import { ReadModels } from '../read-models.js';

let rig: RetentionRig;
useRetention((opened) => { rig = opened; });

describe('what runs share', () => {
  it('a plan goes with the last run of it, and is stored again with the next run of it', async () => {
    const [first, second] = [await rig.old(), await rig.ended()];
    await rig.age(31);
    await rig.sweep();
    expect([await rig.exists(first, second), await countOf(rig.pool, 'plans')]).toEqual([[false, true], 1]);
    await rig.age(31, second);
    await rig.sweep();
    expect(await countOf(rig.pool, 'plans')).toBe(0);
    expect((await new ReadModels(rig.pool).getPlan('default', (await rig.ended()).id)).plan.name).toBe('fan-out');
  });

  it('a plan is renewed by a process that begins to use it', async () => {
    await rig.old();
    expect(await rig.sweep()).toBe(1);
    await rig.pool.query(`insert into orchestrator.plans (sha256, plan, used_at) values ($1, '{}', now() - interval '1 year')`, [sha256(JSON.stringify(planOf(fanOut('probe', 5))))]);
    const { engine } = newEngine(rig.pool);
    await engine.submit([create(runOf(fanOut('probe', 5)))]);
    expect((await rig.pool.query(`select 1 from orchestrator.plans where used_at < now() - interval '1 minute'`)).rowCount).toBe(0);
  });

  it('a blob goes with the last run that names it', async () => {
    const bytes = Buffer.from(JSON.stringify({ text: 'x'.repeat(70_000) }));
    const { sha256 } = await new BlobStore(rig.pool).put(bytes);
    const runs: NewRun[] = [];
    for (let i = 0; i < 2; i++) {
      const run = runOf(fanOut('probe', 1));
      const { engine } = newEngine(rig.pool);
      await engine.submit([create(run)]);
      const [attempt] = await takeOutbox(rig.pool);
      const result = succeeded(attempt!);
      await engine.submit([{ ...result, result: { ...result.result!, output: { json: null, blobSha256: sha256, truncated: false } } }]);
      runs.push(run);
    }
    await rig.age(31, runs[0]!);
    expect([await rig.sweep(), await countOf(rig.pool, 'blobs')]).toEqual([1, 1]);
    await rig.age(31, runs[1]!);
    expect([await rig.sweep(), await countOf(rig.pool, 'blobs')]).toEqual([1, 0]);
  });

  it('a blob that nobody names stays when it is put again: a result may be on its way', async () => {
    const blobs = new BlobStore(rig.pool);
    await blobs.put(Buffer.from('again'));
    await blobs.put(Buffer.from('never again'));
    await rig.age(31);
    await blobs.put(Buffer.from('again'));
    await rig.sweep();
    expect((await rig.pool.query('select sha256 from orchestrator.blobs')).rows).toEqual([{ sha256: sha256('again') }]);
  });

  it('a manifest goes with the last run or proposal of it', async () => {
    const manifest = sha256('manifest');
    const run = await rig.old(ONE, { manifestSha256: manifest });
    await rig.propose({ manifest });
    const young = await rig.propose({ manifest, days: 29 });
    expect([await rig.sweep(), await countOf(rig.pool, 'manifests')]).toEqual([1, 1]);
    await rig.pool.query(`update orchestrator.proposals set expires_at = now() - interval '31 days' where run_id = $1`, [young]);
    await rig.sweep();
    expect([await rig.exists(run), await countOf(rig.pool, 'manifests'), await countOf(rig.pool, 'proposals')]).toEqual([[false], 0, 0]);
  });
});

describe('what grows beside runs', () => {
  it('conversations go with their messages when nobody has said anything in them for so long', async () => {
    for (const status of ['done', 'done', 'waiting']) await rig.turn(randomUUID(), status);
    const { rows } = await rig.pool.query<{ id: string; status: string }>('select c.id, t.status from orchestrator.conversations c join orchestrator.chat_turns t on t.conversation_id = c.id order by t.status, c.id');
    await rig.pool.query(`update orchestrator.conversations set updated_at = now() - interval '31 days' where id <> $1`, [rows[0]!.id]);
    await rig.sweep();
    expect((await rig.pool.query('select conversation_id from orchestrator.chat_turns order by status, conversation_id')).rows).toEqual([{ conversation_id: rows[0]!.id }, { conversation_id: rows[2]!.id }]);
  });

  it('dead letters, rate buckets and token counts go by their age', async () => {
    await rig.pool.query(`insert into orchestrator.dead_letters (entry_id, reason, payload, at) values ('old', '', '', now() - interval '31 days'), ('young', '', '', now())`);
    await rig.pool.query(`insert into orchestrator.rates (tenant_id, key, tokens, at) values ('default', 'old', 0, now() - interval '31 days'), ('default', 'young', 0, now())`);
    await rig.pool.query(`insert into orchestrator.model_tokens (tenant_id, day) values ('default', to_char(now() - interval '32 days', 'YYYY-MM-DD')), ('default', to_char(now(), 'YYYY-MM-DD'))`);
    await rig.sweep();
    expect((await rig.pool.query('select entry_id from orchestrator.dead_letters')).rows).toEqual([{ entry_id: 'young' }]);
    expect((await rig.pool.query('select key from orchestrator.rates')).rows).toEqual([{ key: 'young' }]);
    expect(await countOf(rig.pool, 'model_tokens')).toBe(1);
  });
});

describe('of a run that is gone', () => {
  const kept = async (id: string): Promise<Record<string, unknown>> => (await rig.pool.query<Record<string, unknown>>('select * from orchestrator.purged_runs where id = $1', [id])).rows[0]!;

  it('who wanted it, how it ended and what people did stays', async () => {
    const { run, engine } = await rig.doubtful();
    await engine.submit([happens(run.id, { type: 'resolved', step: 0, item: 0, attempt: 1, status: 'failed', reason: 'I looked', actor: 'ann' })]);
    await rig.pool.query(`insert into orchestrator.approval_acts (run_id, step, item, attempt, actor_id, decision, comment, at) values ($1, 0, 0, 1, 'bob', 'approve', 'fine', now() - interval '40 days')`, [run.id]);
    await rig.age(31, run);
    await rig.sweep();
    expect(await kept(run.id)).toMatchObject({
      tenant_id: 'default', actor_id: 'ann', name: 'fan-out', status: 'failed', parent_run_id: null, plan_sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string, has_rows: false,
      acts: [
        { actor: 'bob', act: 'approve', step: 'each', item: 0, comment: 'fine' },
        { actor: 'ann', act: 'item.resolved', step: 'each', item: 0, target: 'host-0', data: { status: 'failed', reason: 'I looked', actor: 'ann' } },
      ],
    });
  });

  it('it is said that it is not kept, to its tenant only', async () => {
    const run = await rig.old();
    await rig.sweep();
    const models = new ReadModels(rig.pool);
    await expect(models.getRun('default', run.id)).rejects.toMatchObject({ status: 404, code: 'run-not-kept' });
    await expect(models.getPlan('default', run.id)).rejects.toMatchObject({ status: 404, code: 'run-not-kept' });
    await expect(models.getRun('other', run.id)).rejects.toMatchObject({ status: 404, code: 'run-not-found' });
  });

  it('the idempotency key stays for as long as that', async () => {
    const run = await rig.old(ONE, { idempotencyKey: 'nightly', requestSha256: 'of the request' });
    await rig.sweep();
    expect(await new ReadModels(rig.pool).findByIdempotencyKey('default', 'nightly')).toEqual({ id: run.id, requestSha256: 'of the request' });
    await rig.pool.query(`update orchestrator.purged_runs set purged_at = now() - interval '364 days'`);
    await rig.sweep();
    expect(await countOf(rig.pool, 'purged_runs')).toBe(1);
    await rig.pool.query(`update orchestrator.purged_runs set purged_at = now() - interval '366 days'`);
    await rig.sweep({ auditDays: null });
    expect(await countOf(rig.pool, 'purged_runs')).toBe(1);
    await rig.sweep();
    expect(await countOf(rig.pool, 'purged_runs')).toBe(0);
  });

  it('or of a proposal that became none the same is kept', async () => {
    const id = await rig.propose();
    const [waiting, young] = [await rig.propose({ status: 'waiting' }), await rig.propose({ days: 29 })];
    await rig.sweep();
    expect(await kept(id)).toMatchObject({ name: 'restart', status: 'rejected', actor_id: 'ann', idempotency_key: `key of ${id}`, acts: [{ actor: 'bob', act: 'reject', comment: 'not today', manifest: sha256(id) }] });
    expect((await rig.pool.query('select run_id from orchestrator.proposals order by created_at')).rows).toEqual([{ run_id: waiting }, { run_id: young }]);
    expect(await rig.tablesWith(id)).toEqual([]);
  });
});
