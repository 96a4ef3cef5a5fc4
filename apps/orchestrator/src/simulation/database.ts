import type { CachedFromView, FailureDto, ItemStatus, RunStatus } from '@opsmesh/contracts';
import type { HistoryEntry, Json, JsonObject, RunState } from '@opsmesh/plan-model';
import type { Claim, NewApproval } from '../engine/change-set.js';
import type { RunFacts } from '../engine/run.js';
import type { TimedEvent } from '../engine/timed-event.js';
import { OutboxTable } from './outbox-table.js';

export interface ItemRow {
  readonly step: number;
  readonly item: number;
  readonly status: ItemStatus;
  readonly attempt: number;
  readonly target: string | null;
  readonly lockKey: string | null;
  readonly inputs: JsonObject | null;
  readonly output: Json | undefined;
  readonly failure: FailureDto | null;
  readonly workerId: string | null;
  readonly queuedAt: number | null;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly cacheKey: string | null;
  readonly cachedFrom: CachedFromView | null;
}

/** A claim with the number of the commit that made it. */
export interface ClaimRow extends Claim { readonly commit: number }

/** Every row of one run that transactions change together, as committed. Copied by the transaction that changes it. */
export interface RunRows {
  readonly facts: RunFacts;
  readonly version: number;
  /** As the store encodes it; empty before the first write. */
  readonly state: string;
  /** The same, as it is read. */
  readonly decoded: RunState;
  readonly stopping: boolean;
  readonly status: RunStatus;
  readonly items: ReadonlyMap<string, ItemRow>;
  /** How attempts ended that another one has followed. */
  readonly past: ReadonlyMap<string, ItemStatus>;
  readonly history: readonly HistoryEntry[];
  readonly claims: ReadonlyMap<string, ClaimRow>;
  readonly signals: readonly { readonly name: string; readonly payload: Json; readonly at: number }[];
  readonly approvals: readonly NewApproval[];
}

export interface TimerRow { readonly id: number; readonly runId: string; readonly dueAt: number; readonly event: TimedEvent }

export interface WorkerRow {
  readonly id: string;
  seenAt: number;
  active: readonly string[];
  resend: readonly string[];
  /** Whether it is up, so that a heartbeat that would say nothing new need not be simulated. */
  readonly beats: () => boolean;
  /** Transactions for whose end its heartbeats wait. */
  readonly lockedBy: Set<object>;
}

/** Told of every commit that changed runs; throws when an invariant is broken. */
export interface CommitWatcher {
  committed(runs: ReadonlyMap<string, { readonly before: RunRows | undefined; readonly after: RunRows }>): void;
}

/** The committed rows of the record. Transactions are in {@link SimulatedRecord}; what single statements change is changed here at once. */
export class Database {
  readonly runs = new Map<string, RunRows>();
  readonly outbox = new OutboxTable();
  readonly timers = new Map<number, TimerRow>();
  readonly workers = new Map<string, WorkerRow>();
  /** Locks of targets and keys, and the item that holds each. */
  readonly targetLocks = new Map<string, string>();
  readonly rates = new Map<string, { tokens: number; at: number }>();
  /** Transactions that hold the row of a run's state. */
  readonly runLocks = new Map<string, object>();
  /** Every attempt that an outbox row ever asked for. */
  readonly wanted = new Set<string>();
  /** Result entries that were set aside. */
  readonly deadLetters: string[] = [];
  /** Attempts that its workers take in one job. */
  together = 1;
  commits = 0;
  private timerId = 0;

  constructor(readonly clock: { readonly now: number }, readonly watcher: CommitWatcher) {}

  dropWaveTimers(runId: string, step: number): void {
    for (const { id, runId: of, event } of this.timers.values()) if (of === runId && event.kind === 'wave' && event.step === step) this.timers.delete(id);
  }

  insertTimer(runId: string, delayMs: number, event: TimedEvent): void {
    const id = ++this.timerId;
    this.timers.set(id, { id, runId, dueAt: this.clock.now + delayMs, event });
  }

  /** Changes one run in a transaction of its own, whose version grows with it: signals and the like. */
  change(runId: string, how: (rows: RunRows) => Partial<RunRows>): void {
    const before = this.runs.get(runId)!;
    const after = { ...before, ...how(before), version: before.version + 1 };
    this.runs.set(runId, after);
    this.commits++;
    this.watcher.committed(new Map([[runId, { before, after }]]));
  }
}

/** Whether a timer fires at its time: retries and probes of a paused run wait for it to go on. */
export function mayFire({ runs }: Database, { runId, event }: TimerRow): boolean {
  return (event.kind !== 'retry' && event.kind !== 'probe') || runs.get(runId)?.status !== 'paused';
}
