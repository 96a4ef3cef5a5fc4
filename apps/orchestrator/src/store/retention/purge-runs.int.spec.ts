import { randomUUID } from 'node:crypto';
import { transaction } from '@opsmesh/platform';
import { fanOut, runOf } from '../../testing/documents.js';
import { drive } from '../../testing/drive.js';
import { ONE, useRetention, type RetentionRig } from '../../testing/retention-rig.js';
import { countOf, newEngine } from '../../testing/rig.js';
import { create, happens } from '../../testing/submissions.js';
import { BlobStore } from '../blob-store.js';

let rig: RetentionRig;
useRetention((opened) => { rig = opened; });

describe('a run', () => {
  it('goes when it ended long enough ago; one that is younger, runs or is paused stays', async () => {
    const gone = await rig.old();
    const young = await rig.ended();
    await rig.age(29, young);
    const [running, paused] = [runOf(ONE), runOf(ONE)];
    const { engine } = newEngine(rig.pool);
    await engine.submit([create(running), create(paused)]);
    await engine.submit([happens(paused.id, { type: 'pause' })]);
    await rig.age(31, running, paused);
    expect(await rig.sweep()).toBe(1);
    expect(await rig.exists(gone, young, running, paused)).toEqual([false, true, true, true]);
  });

  it('takes along everything that belongs to it, and nothing of another', async () => {
    const [gone, kept] = [await rig.old(), await rig.ended()];
    for (const { id } of [gone, kept]) {
      await new BlobStore(rig.pool).putForRun(id, { bytes: Buffer.from('a capture'), mediaType: 'application/pcap' });
      await rig.pool.query(`insert into orchestrator.claims (run_id, step, item, attempt, worker_id, key_thumbprint) values ($1, 0, 0, 1, 'w', 'k')`, [id]);
      await rig.pool.query(`insert into orchestrator.past_attempts (run_id, step, item, attempt, status) values ($1, 0, 0, 1, 'failed')`, [id]);
      await rig.pool.query(`insert into orchestrator.cache_keys (run_id, step, item, key, ttl_ms) values ($1, 0, 0, 'k', 1)`, [id]);
      await rig.pool.query(`insert into orchestrator.approvals (run_id, step, item, attempt, message, approvers, min_approvals, expires_at) values ($1, 0, 0, 1, 'go on?', '{}', 1, now())`, [id]);
      await rig.pool.query(`insert into orchestrator.approval_acts (run_id, step, item, attempt, actor_id, decision) values ($1, 0, 0, 1, 'bob', 'approve')`, [id]);
      await rig.pool.query(`insert into orchestrator.signals (run_id, name) values ($1, 'ready')`, [id]);
      await rig.pool.query(`insert into orchestrator.decision_usage (run_id, step, item, attempt, choice, chosen_by, reason, usage) values ($1, 0, 0, 1, 'a', 'default', '', '{}')`, [id]);
      await rig.pool.query(`insert into orchestrator.locks (tenant_id, key, run_id, step, item) values ('default', $2, $1, 0, 0)`, [id, `host of ${id}`]);
      await rig.propose({ runId: id, status: 'started' });
    }
    const all = ['approval_acts', 'approvals', 'cache_keys', 'claims', 'decision_usage', 'history', 'items', 'locks', 'past_attempts', 'proposal_acts', 'proposal_questions', 'proposals', 'run_blobs', 'run_states', 'signals'];
    expect(await rig.tablesWith(gone.id)).toEqual(all);
    expect(await rig.sweep()).toBe(1);
    expect([await rig.tablesWith(gone.id), await rig.tablesWith(kept.id)]).toEqual([[], all]);
  });

  it('takes along its rows in batches, and what a process left that ended meanwhile', async () => {
    const gone = await rig.old(fanOut('probe', 20));
    await rig.pool.query(`insert into orchestrator.items (run_id, step, item, status, attempt) select $1, 0, n, 'succeeded', 1 from generate_series(1000, 12000) as n`, [gone.id]);
    expect(await rig.sweep()).toBe(1);
    expect(await rig.tablesWith(gone.id)).toEqual([]);
    expect((await rig.pool.query('select has_rows from orchestrator.purged_runs where id = $1', [gone.id])).rows).toEqual([{ has_rows: false }]);
    await rig.pool.query(`update orchestrator.purged_runs set has_rows = true`);
    await rig.pool.query(`insert into orchestrator.items (run_id, step, item, status, attempt) values ($1, 0, 0, 'succeeded', 1)`, [gone.id]);
    expect([await rig.sweep(), await rig.tablesWith(gone.id)]).toEqual([0, []]);
  });

  it('leaves its timers to find nothing when they are due', async () => {
    const gone = await rig.old();
    await rig.pool.query(`insert into orchestrator.timers (run_id, kind, due_at) values ($1, 'run-timeout', now())`, [gone.id]);
    await rig.sweep();
    await drive(newEngine(rig.pool).engine, rig.pool);
    expect(await countOf(rig.pool, 'timers')).toBe(0);
  });

  it('stays while an outcome is unknown, and after it was settled for as long as any other', async () => {
    const { run, engine } = await rig.doubtful();
    await rig.age(400, run);
    expect(await rig.sweep()).toBe(0);
    await engine.submit([happens(run.id, { type: 'resolved', step: 0, item: 0, attempt: 1, status: 'succeeded', reason: 'I looked', actor: 'ann' })]);
    expect(await rig.sweep()).toBe(0);
    await rig.age(31, run);
    expect(await rig.sweep()).toBe(1);
  });

  it('goes with an unknown outcome where a limit for that says so', async () => {
    const { run } = await rig.doubtful();
    await rig.age(61, run);
    expect(await rig.sweep({ unknownDays: 62 })).toBe(0);
    expect(await rig.sweep({ unknownDays: 60 })).toBe(1);
    expect(await countOf(rig.pool, 'unknown_items')).toBe(0);
  });

  it('stays while a message of a conversation waits for it', async () => {
    const run = await rig.old();
    await rig.turn(run.id, 'running');
    expect(await rig.sweep()).toBe(0);
    await rig.pool.query(`update orchestrator.chat_turns set status = 'done'`);
    expect(await rig.sweep()).toBe(1);
  });

  it('stays while people are asked whether it is to be repeated', async () => {
    const run = await rig.old();
    const proposal = await rig.propose({ status: 'waiting', rerunOf: run.id });
    expect(await rig.sweep()).toBe(0);
    await rig.pool.query(`update orchestrator.proposals set status = 'expired' where run_id = $1`, [proposal]);
    expect(await rig.sweep()).toBe(1);
  });

  it('that somebody has locked is not waited for', async () => {
    const run = await rig.old();
    await transaction(rig.pool, async (client) => {
      await client.query('select 1 from orchestrator.run_states where run_id = $1 for update', [run.id]);
      expect(await rig.sweep()).toBe(0);
    });
    expect(await rig.sweep()).toBe(1);
  });
});

describe('a family', () => {
  it('goes as a whole, when the youngest of its re-runs and sub-plans may go', async () => {
    const parent = await rig.old();
    const rerun = await rig.old(ONE, { parentRunId: parent.id });
    const child = await rig.ended(ONE, { parentRunId: rerun.id, parentAttempt: { runId: rerun.id, step: 0, item: 0, attempt: 1 } });
    const other = await rig.old();
    expect(await rig.sweep()).toBe(1);
    expect(await rig.exists(parent, rerun, child, other)).toEqual([true, true, true, false]);
    await rig.age(31, child);
    expect(await rig.sweep()).toBe(3);
    expect(await rig.exists(parent, rerun, child)).toEqual([false, false, false]);
  });

  it('stays for the unknown outcome of one of it', async () => {
    const { run } = await rig.doubtful();
    const rerun = await rig.ended(ONE, { parentRunId: run.id });
    await rig.age(31, run, rerun);
    expect(await rig.sweep()).toBe(0);
  });

  it('stays while a re-run is being stored, and no re-run is stored of one that has gone', async () => {
    const parent = await rig.old();
    const insert = `insert into orchestrator.runs (id, tenant_id, actor_id, name, status, plan_sha256, inputs, warnings, parent_run_id, request_sha256) values ($1, 'default', 'ann', 'again', 'running', 'p', '{}', '[]', $2, '')`;
    await transaction(rig.pool, async (client) => {
      await client.query(insert, [randomUUID(), parent.id]);
      expect(await rig.sweep()).toBe(0);
      await client.query('delete from orchestrator.runs where parent_run_id = $1', [parent.id]);
    });
    expect(await rig.sweep()).toBe(1);
    await expect(rig.pool.query(insert, [randomUUID(), parent.id])).rejects.toMatchObject({ code: '23503' });
  });
});

describe('several sweepers', () => {
  it('delete each run once, and count it once', async () => {
    for (let i = 0; i < 45; i++) await rig.ended(fanOut('probe', 1));
    await rig.pool.query(`update orchestrator.runs set finished_at = now() - interval '31 days'`);
    await rig.pool.query(`update orchestrator.history set at = now() - interval '31 days'`);
    let counted = 0;
    const both = [rig.sweeper({}, (n) => { counted += n; }), rig.sweeper({}, (n) => { counted += n; })];
    const [one, other] = await Promise.all(both.map((s) => s.round()));
    expect([one! + other!, counted, await countOf(rig.pool, 'runs'), await countOf(rig.pool, 'items')]).toEqual([45, 45, 0, 0]);
  });

  it('do nothing while another is at it', async () => {
    await rig.old();
    await transaction(rig.pool, async (client) => {
      await client.query(`select pg_advisory_xact_lock(hashtextextended('opsmesh retention', 0))`);
      expect(await rig.sweep()).toBe(0);
    });
    expect(await rig.sweep()).toBe(1);
  });
});
