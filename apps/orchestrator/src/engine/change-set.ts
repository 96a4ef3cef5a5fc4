import type { FailureDto, ItemStatus, RunStatus } from '@opsmesh/contracts';
import type { CompiledPlan, HistoryEntry, JsonObject, RunState } from '@opsmesh/plan-model';

/** A run that is to be stored for the first time. */
export interface NewRun {
  readonly id: string;
  readonly tenantId: string;
  readonly actorId: string;
  readonly plan: CompiledPlan;
  readonly inputs: JsonObject;
  readonly warnings: readonly object[];
  readonly parentRunId: string | null;
  readonly idempotencyKey: string | null;
  readonly requestSha256: string;
}

/** A new item, with its inputs bound; `queued` items have an outbox row of attempt 1. */
export interface NewItem {
  readonly runId: string;
  readonly step: number;
  readonly item: number;
  status: ItemStatus;
  attempt: number;
  readonly target: string | null;
  /** JSON text; null when the item could not be bound. */
  readonly inputs: string | null;
  /** The same as a value. */
  readonly bound: JsonObject | null;
  failure?: FailureDto | null;
}

/** What a result brought along. `json` is JSON text of at most 64 KiB, or null when the output is in the blob. */
export interface AttemptOutput {
  readonly json: string | null;
  readonly blobSha256: string | null;
  readonly truncated: boolean;
}

/** A change of an existing item. */
export interface ItemUpdate {
  readonly runId: string;
  readonly step: number;
  readonly item: number;
  readonly status: ItemStatus;
  readonly attempt: number;
  readonly failure: FailureDto | null;
  readonly output: AttemptOutput | null;
  readonly workerId: string | null;
  readonly durationMs: number | null;
}

export interface AttemptRef {
  readonly runId: string;
  readonly step: number;
  readonly item: number;
  readonly attempt: number;
}

/** An attempt that is wanted. With its inputs at hand the process that commits it can relay it without asking the record. */
export interface OutboxEntry extends AttemptRef {
  readonly queue: string;
  readonly inputs?: JsonObject;
}

export interface Claim extends AttemptRef {
  readonly workerId: string;
  readonly keyThumbprint: string;
  readonly credentialId: string | null;
}

/** Items of an ended run that a re-run takes over as they are. */
export interface TakenItems {
  readonly from: string;
  readonly to: string;
  readonly steps: readonly number[];
}

export interface Sweep {
  readonly runId: string;
  readonly step: number;
  readonly from: readonly ItemStatus[];
  readonly to: ItemStatus;
  /** Leave items alone that were attempted before. */
  readonly untouchedOnly: boolean;
}

/** Everything one commit writes. The engine fills it, the store writes it in one transaction (architecture, invariant 1). */
export class ChangeSet {
  readonly newRuns: NewRun[] = [];
  readonly taken: TakenItems[] = [];
  /** Newest state of each run the commit touches. */
  readonly states = new Map<string, { readonly state: RunState; readonly version: number }>();
  /** New status of each run whose status changed. */
  readonly statuses = new Map<string, RunStatus>();
  readonly newItems = new Map<string, NewItem>();
  readonly itemUpdates = new Map<string, ItemUpdate>();
  readonly outbox: OutboxEntry[] = [];
  /** What each run's history grows by, in order. */
  readonly history = new Map<string, HistoryEntry[]>();
  readonly timers: { readonly runId: string; readonly step: number | null; readonly item: number | null; readonly attempt: number | null; readonly delayMs: number }[] = [];
  readonly firedTimers: number[] = [];
  readonly sweeps: Sweep[] = [];
  readonly claims: Claim[] = [];
  /** Runs for which nothing is to be done: true only if they still have these versions. */
  unchanged: readonly { readonly id: string; readonly version: number }[] = [];
  /** Attempts that are in BullMQ: their outbox rows have done their work. */
  sent: readonly AttemptRef[] = [];

  get empty(): boolean {
    return this.states.size + this.newRuns.length + this.firedTimers.length + this.claims.length + this.itemUpdates.size + this.sent.length + this.unchanged.length === 0;
  }
}

/** Key of an item in the maps of a change set. */
export function itemKey(runId: string, step: number, item: number): string {
  return `${runId}.${step}.${item}`;
}
