import type { CachedFromView, FailureDto, ItemStatus, RunStatus } from '@opsmesh/contracts';
import type { HistoryEntry, JsonObject, RunState } from '@opsmesh/plan-model';
import type { AttemptOutput } from './attempt-result.js';
import { Outbox } from './outbox.js';
import type { AttemptRef, ItemRef } from './positions.js';
import type { NewRun } from './run.js';
import type { TimedEvent } from './timed-event.js';

/** A new item, with its inputs bound; attempt 1 of `queued` items is in the outbox. */
export interface NewItem {
  readonly runId: string;
  readonly step: number;
  readonly item: number;
  status: ItemStatus;
  attempt: number;
  readonly target: string | null;
  /** Key of the lock that it needs; null when its step has none. */
  readonly lockKey: string | null;
  /** JSON text; null when the item could not be bound. */
  readonly inputs: string | null;
  /** The same as a value. */
  readonly bound: JsonObject | null;
  failure?: FailureDto | null;
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

/** A question to people, open as long as its item runs. */
export interface NewApproval extends AttemptRef {
  readonly message: string;
  /** Actors who may decide; everybody whose token allows it when empty. */
  readonly approvers: readonly string[];
  readonly minApprovals: number;
  readonly expiresMs: number;
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
  /** The items may hold locks. */
  readonly unlocks: boolean;
}

/** What an item's output is the answer to. */
export interface CacheKey extends ItemRef {
  readonly key: string;
  readonly ttlMs: number;
}

/** An item that another one's output answers for. */
export interface CachedItem extends ItemRef {
  readonly from: CachedFromView;
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
  readonly outbox: Outbox;
  /** What each run's history grows by, in order. */
  readonly history = new Map<string, HistoryEntry[]>();
  readonly timers: { readonly runId: string; readonly delayMs: number; readonly event: TimedEvent }[] = [];
  readonly approvals: NewApproval[] = [];
  readonly firedTimers: number[] = [];
  readonly sweeps: Sweep[] = [];
  readonly claims: Claim[] = [];
  readonly cacheKeys: CacheKey[] = [];
  readonly cached: CachedItem[] = [];
  /** Steps whose items, as far as they have not begun, need the lock of their target from now on, or none any more. */
  readonly lockChanges: { readonly runId: string; readonly step: number; readonly locks: boolean }[] = [];
  /** Items whose attempts have ended and hold no lock any more. */
  readonly unlocked: ItemRef[] = [];
  /** Runs for which nothing is to be done: true only if they still have these versions. */
  unchanged: readonly { readonly id: string; readonly version: number }[] = [];
  /** Ids of batches that are in BullMQ: their rows have done their work. */
  sent: readonly string[] = [];

  /** @param newId see {@link Outbox} */
  constructor(newId: () => string) {
    this.outbox = new Outbox(newId);
  }

  get empty(): boolean {
    const mapped = this.states.size + this.statuses.size + this.newItems.size + this.itemUpdates.size + this.history.size;
    const runs = this.newRuns.length + this.taken.length + this.sweeps.length + this.unchanged.length;
    const items = this.outbox.size + this.timers.length + this.approvals.length + this.firedTimers.length + this.claims.length + this.cacheKeys.length + this.cached.length + this.unlocked.length + this.lockChanges.length + this.sent.length;
    return mapped + runs + items === 0;
  }
}
