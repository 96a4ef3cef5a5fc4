import type { Pool } from 'pg';
import type { Logger } from 'pino';
import type { Engine } from '../engine/engine.js';
import { submissionOf, type TimedEvent } from '../engine/timed-event.js';
import { Loop } from './loop.js';

const BATCH = 500;
const IDLE_MS = 250;

interface TimerRow { id: string; run_id: string; step: number | null; item: number | null; attempt: number | null; kind: string; data: object | null }

/** Fires timers that are due by the database's clock. The row is deleted in the commit of its event, so a timer may fire twice but never is lost. */
export class Timers {
  private readonly loop: Loop;

  constructor(private readonly pool: Pool, private readonly engine: Engine, log: Logger) {
    this.loop = new Loop({ name: 'timers', idleMs: IDLE_MS, log, turn: () => this.turn() });
  }

  start(): void { this.loop.start(); }
  wake(): void { this.loop.wake(); }
  async stop(): Promise<void> { await this.loop.stop(); }

  private async turn(): Promise<boolean> {
    const { rows } = await this.pool.query<TimerRow>({ name: 'due-timers', text: DUE, values: [BATCH] });
    if (rows.length === 0) return false;
    await this.engine.submit(rows.map((row) => submissionOf(row.run_id, toEvent(row), Number(row.id))));
    return true;
  }
}

/** A newer orchestrator beside this one may set timers of other kinds, which it fires itself. */
const KINDS = Object.keys({ 'run-timeout': 0, retry: 0, probe: 0, settle: 0, wave: 0, finish: 0, command: 0 } satisfies Record<TimedEvent['kind'], 0>);

/** Retries and probes of a paused run wait for it to go on. */
const DUE = `
select t.id, t.run_id, t.step, t.item, t.attempt, t.kind, t.data from orchestrator.timers t
where t.due_at <= now() and t.kind in (${KINDS.map((k) => `'${k}'`).join(', ')}) and not (t.kind in ('retry', 'probe') and exists (select from orchestrator.runs r where r.id = t.run_id and r.status = 'paused')) order by t.due_at limit $1`;

/** Rows are written by our own commits only: one of a kind that is known here is a timed event. */
function toEvent({ kind, step, item, attempt, data }: TimerRow): TimedEvent {
  return { kind, step, item, attempt, ...data } as unknown as TimedEvent;
}
