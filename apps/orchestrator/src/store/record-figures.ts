import { setImmediate as nextTurn } from 'node:timers/promises';
import { ITEM_STATUSES, STEP_STATUSES, type ItemStatus, type RunStatus, type StepStatus } from '@opsmesh/contracts';
import type { StepState } from '@opsmesh/plan-model';
import type { Pool } from 'pg';
import { decodeState } from './state-codec.js';

/** Figures of the whole record; ages and lags in seconds. */
export interface RecordFigures {
  /** Runs that are open or were started in the last day. */
  readonly runs: ReadonlyMap<RunStatus, number>;
  /** Steps of open runs. */
  readonly steps: Readonly<Record<StepStatus, number>>;
  /** Items of steps of open runs; those of earlier iterations of loops are not counted. */
  readonly items: Readonly<Record<ItemStatus, number>>;
  readonly unknownItems: number;
  /** Age of the doubt that lasts longest. */
  readonly unknownAge: number;
  /** Attempts that are not in a queue yet. */
  readonly outboxAttempts: number;
  /** Those of them that wait for a lock or a rate limit. */
  readonly outboxGated: number;
  /** For how long the oldest batch has been due: it waits for nothing but the relay. */
  readonly relayLag: number;
  /** For how long the oldest timer has been due. */
  readonly timerLag: number;
  readonly deadLetters: number;
}

const DAY_MS = 86_400_000;
/** States that are read in one turn of the event loop. */
const CHUNK = 200;

/** Reads the figures. Items are counted from the states of their runs, never one by one. */
export async function recordFigures(pool: Pool): Promise<RecordFigures> {
  const [runs, open, sums] = await Promise.all([
    pool.query<{ status: RunStatus; n: number }>({ name: 'figures-runs', text: RUNS, values: [firstIdAfter(Date.now() - DAY_MS)] }),
    pool.query<{ state: string }>({ name: 'figures-open', text: `select s.state from orchestrator.runs r join orchestrator.run_states s on s.run_id = r.id where r.status in ('running', 'paused')` }),
    pool.query<Sums>({ name: 'figures-sums', text: SUMS }),
  ]);
  const steps = zeros(STEP_STATUSES);
  const items = zeros(ITEM_STATUSES);
  for (let i = 0; i < open.rows.length; i += CHUNK) {
    if (i > 0) await nextTurn();
    for (const { state } of open.rows.slice(i, i + CHUNK)) for (const step of decodeState(state).steps) add(step, steps, items);
  }
  const s = sums.rows[0]!;
  return {
    runs: new Map(runs.rows.map((r) => [r.status, r.n])), steps, items, unknownItems: s.unknown, unknownAge: s.unknown_age, outboxAttempts: s.outbox, outboxGated: s.gated,
    relayLag: s.relay_lag, timerLag: s.timer_lag, deadLetters: s.dead,
  };
}

interface Sums { unknown: number; unknown_age: number; outbox: number; gated: number; relay_lag: number; timer_lag: number; dead: number }

const RUNS = `
select status, count(*)::int as n from (
  select id, status from orchestrator.runs where id >= $1 union select id, status from orchestrator.runs where status in ('running', 'paused')
) r group by status`;

/** Seconds since a time, 0 when it is to come or there is none. */
const since = (time: string): string => `greatest(0, coalesce(extract(epoch from now() - ${time}), 0))::float8`;

const SUMS = `
select u.n as unknown, u.age as unknown_age, o.n + g.n as outbox, g.n as gated, o.lag as relay_lag, t.lag as timer_lag, d.n as dead
from (select count(*)::int as n, ${since('min(since)')} as age from orchestrator.unknown_items) u,
     (select coalesce(sum(cardinality(items)), 0)::int as n, ${since('min(held_until)')} as lag from orchestrator.outbox) o,
     (select count(*)::int as n from orchestrator.gated_attempts) g,
     (select ${since('min(due_at)')} as lag from orchestrator.timers) t,
     (select count(*)::int as n from orchestrator.dead_letters) d`;

/** The smallest id of a run that was started after a time: ids are UUIDs of version 7, which begin with it (RFC 9562, 5.7). */
function firstIdAfter(epochMs: number): string {
  const time = epochMs.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`;
}

function add(step: StepState, steps: Record<StepStatus, number>, items: Record<ItemStatus, number>): void {
  steps[step.status === 'open' ? 'running' : step.status]++;
  if (step.status === 'waiting' || step.status === 'open') return;
  for (const status of ITEM_STATUSES) items[status] += step.counts[status];
}

function zeros<K extends string>(keys: readonly K[]): Record<K, number> {
  return Object.fromEntries(keys.map((k) => [k, 0])) as Record<K, number>;
}
