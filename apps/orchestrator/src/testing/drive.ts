import type { Pool } from 'pg';
import type { AttemptRef } from '../engine/positions.js';
import { submissionOf, type TimedEvent } from '../engine/timed-event.js';
import type { Engine } from '../engine/engine.js';
import type { Submission } from '../engine/submission.js';
import { takeOutbox } from './rig.js';
import { succeeded } from './submissions.js';

/** What a worker of a spec answers to an attempt. */
export type Answer = (attempt: AttemptRef, inputs: Record<string, unknown>, stepId: string) => Submission | object;

interface TimerRow { id: string; run_id: string; step: number | null; item: number | null; attempt: number | null; kind: string; data: object | null }

/**
 * Plays relay, workers and clock until nothing is left to do: answers every attempt of the outbox and fires timers up to `within` milliseconds ahead, in the order in which they are due.
 * @param answer an output, or a whole submission; `{}` by default
 */
export async function drive(engine: Pick<Engine, 'submit'>, pool: Pool, { answer = () => ({}), within = 60_000 }: { answer?: Answer; within?: number } = {}): Promise<void> {
  for (;;) {
    const attempts = await takeOutbox(pool);
    if (attempts.length > 0) {
      for (const attempt of attempts) {
        const { rows: [row] } = await pool.query<{ inputs: Record<string, unknown>; id: string }>(
          `select i.inputs, p.plan->'steps'->$2::int->>'id' as id from orchestrator.items i join orchestrator.runs r on r.id = i.run_id join orchestrator.plans p on p.sha256 = r.plan_sha256
           where i.run_id = $1 and i.step = $2 and i.item = $3`, [attempt.runId, attempt.step, attempt.item],
        );
        const said = answer(attempt, row!.inputs, row!.id);
        await engine.submit([isSubmission(said) ? said : succeeded(attempt, said)]);
      }
      continue;
    }
    const { rows: [timer] } = await pool.query<TimerRow>(`select id, run_id, step, item, attempt, kind, data from orchestrator.timers where due_at <= now() + $1 * interval '1 millisecond' order by due_at, id limit 1`, [within]);
    if (!timer) return;
    await engine.submit([submissionOf(timer.run_id, { ...timer, ...timer.data } as unknown as TimedEvent, Number(timer.id))]);
  }
}

function isSubmission(said: Submission | object): said is Submission {
  return 'kind' in said && (said.kind === 'event' || said.kind === 'create');
}
