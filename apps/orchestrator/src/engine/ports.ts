import type { CachedFromView, ConnectionDto, ItemStatus } from '@opsmesh/contracts';
import type { ItemState, Json, JsonObject, RunState, ToolStep } from '@opsmesh/plan-model';
import type { AttemptOutput } from './attempt-result.js';
import type { ChangeSet, ItemUpdate } from './change-set.js';
import type { OutboxBatch } from './outbox.js';
import type { AttemptRef, ItemRef } from './positions.js';
import type { RunFacts } from './run.js';
import type { CachedRun } from './run-cache.js';

/** An item as a value for later steps. */
export interface StoredItem {
  readonly item: number;
  readonly status: ItemStatus;
  readonly target: string | null;
  readonly lockKey: string | null;
  readonly inputs: Json;
  /** Undefined when there is none, it was truncated, or outputs were left out. */
  readonly output: Json | undefined;
  readonly failure: Json;
}

/** Items `from` to before `to` of a step. */
export interface WantedItems {
  readonly runId: string;
  readonly step: number;
  readonly from: number;
  readonly to: number;
  readonly mostBytes: number | null;
}

/** Items of a step, and the bytes of all their outputs together, as JSON. */
export interface StoredItems {
  readonly items: readonly StoredItem[];
  readonly outputBytes: number;
}

/** Items `from` to `to` of a step, for which outputs of other items may answer that are at most so old. */
export interface CacheQuestion {
  readonly runId: string;
  readonly step: number;
  readonly from: number;
  readonly to: number;
  readonly ttlMs: number;
}

/** The newest output of the same call as an item's. */
export interface CachedOutput extends ItemRef {
  readonly output: AttemptOutput;
  readonly from: CachedFromView;
}

export interface ProbedAttempt {
  /** ISO 8601. */
  readonly claimedAt: string;
  /** Whether a run asks, or has asked, about it. */
  readonly isProbed: boolean;
  readonly inputs: JsonObject;
}

/** One transaction of the record. Runs are locked in the order of their ids before anything of them is read. */
export interface RecordTransaction {
  /** Locks the runs that exist and gives their versions. */
  lockRuns(ids: readonly string[]): Promise<Map<string, number>>;
  loadStates(ids: readonly string[]): Promise<Map<string, RunState>>;
  /** The state of each item that exists, by `itemKey`. */
  loadItems(refs: readonly ItemRef[]): Promise<Map<string, ItemState>>;
  /** Items of a step, in order. Large outputs are read from their blobs; all are left out where they are more than `mostBytes` together, and with null. */
  loadStepItems(wanted: WantedItems): Promise<StoredItems>;
  /** The bound inputs of items, by item. */
  loadInputs(runId: string, step: number, items: readonly number[]): Promise<Map<number, JsonObject>>;
  /** Attempts of a run whose items are queued. */
  loadQueued(runId: string): Promise<AttemptRef[]>;
  /** Attempts of a step that are queued and that nobody has claimed. */
  loadUnclaimed(runId: string, step: number): Promise<AttemptRef[]>;
  /** Attempts of a step that wait at the gate; until the commit nobody lets them pass. */
  loadGated(runId: string, step: number): Promise<AttemptRef[]>;
  /** Runs of sub-plans of a run that are not over. */
  openChildren(runId: string): Promise<string[]>;
  /** Takes the oldest signal of the name that nobody waited for. */
  takeSignal(runId: string, name: string): Promise<{ readonly payload: Json } | undefined>;
  /** Outputs that may answer for items, by the database's clock. */
  loadCached(wanted: readonly CacheQuestion[]): Promise<CachedOutput[]>;
  /** What a probe of an attempt must know; undefined when the attempt was never claimed. */
  loadProbed(attempt: AttemptRef): Promise<ProbedAttempt | undefined>;
  /** Says how an attempt ended that another one has followed. @returns false when that was known already, or it is not kept (any more) */
  keepPast(ended: ItemUpdate): Promise<boolean>;
  /** Attempts that a worker has, by id; none of one that was not heard lately. Until the commit none of its heartbeats is taken. */
  activeOn(workerId: string): Promise<ReadonlySet<string>>;
  write(changes: ChangeSet): Promise<void>;
  /** Writes what the transaction ends with: it leaves together with the commit, which fails with it. */
  writeLast(changes: ChangeSet): void;
}

/** A run has another version than the one a write was made from: another process changed it. Nothing was written. */
export class RunChangedError extends Error {
  override readonly name = 'RunChangedError';
}

/** The record of runs. It decides nothing. Reading for people is not its job (see store/read-models). */
export interface RunRecord {
  /** @throws RunChangedError */
  transaction<T>(work: (tx: RecordTransaction) => Promise<T>): Promise<T>;
  loadFacts(ids: readonly string[]): Promise<Map<string, RunFacts>>;
}

/** A choice for a decision step. */
export interface WantedDecision extends AttemptRef {
  readonly tenantId: string;
  readonly question: string;
  readonly choices: readonly string[];
  readonly default: string;
  readonly timeoutMs: number;
}

/** What is told once a transaction is committed. */
export interface CommitNews {
  /** Newest state of each run that was touched. */
  readonly runs: Map<string, CachedRun>;
  readonly finished: Set<string>;
  readonly history: Set<string>;
  readonly aborts: Set<string>;
  /** Runs that were paused. */
  readonly paused: Set<string>;
  readonly outbox: OutboxBatch[];
  readonly decisions: WantedDecision[];
  timers: boolean;
  gate: boolean;
}

/** What the engine tells the world after a commit; nothing may depend on it being heard. */
export interface EngineNews {
  /** New batches are in the outbox, held for this process for a while. */
  outboxFilled(batches: readonly OutboxBatch[]): void;
  /** Attempts may pass the gate: there are new ones, or locks were given back. */
  gateMayOpen(): void;
  timersSet(): void;
  historyGrew(runIds: readonly string[]): void;
  /** Choices are wanted from a model; after their time the default is taken. */
  decisionsWanted(decisions: readonly WantedDecision[]): void;
  /** What waits of the runs in queues should leave them: it is sent again when they go on. */
  paused(runIds: readonly string[]): void;
  /** Workers should abort what they run of the run. */
  abort(runId: string): void;
}

/** An attempt that a worker wants to carry out. */
export interface AttemptToCheck {
  readonly run: RunFacts;
  readonly step: ToolStep;
  readonly target: string | null;
  readonly inputSha256: string;
  /** Undefined when the tool needs no credential. */
  readonly connection: ConnectionDto | undefined;
}

/** Compares attempts with what people approved. */
export interface ManifestCheck {
  /**
   * @returns digest of how its target is reached as it was approved, for the grant; null when that was not known, or nobody had to approve
   * @throws ProblemError 409 for an attempt of an approved run that its manifest does not hold: `target-changed` when the same was approved for a target that is now reached otherwise, else `manifest-mismatch`
   */
  check(attempt: AttemptToCheck): Promise<string | null>;
}

/** Which asset a target means. Refusals are ProblemErrors. */
export interface ConnectionResolver {
  resolve(tenantId: string, target: string, protocol: string): Promise<ConnectionDto>;
}
