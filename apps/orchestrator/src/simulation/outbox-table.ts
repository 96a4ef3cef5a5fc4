import type { AttemptRef } from '../engine/positions.js';
import { attemptKey } from './keys.js';

/** A row that a transaction of a relay may lock. */
interface Lockable {
  heldUntil: number;
  /** The transaction that has locked it. */
  takenBy: object | undefined;
}

/** Attempts that leave together. */
export interface BatchRow extends Lockable {
  readonly id: string;
  readonly queue: string;
  readonly attempts: readonly AttemptRef[];
}

/** An attempt that must pass the gate. */
export interface GatedRow extends AttemptRef, Lockable {
  readonly queue: string;
}

/** Attempts that are not in a queue yet: in batches, by their id, and at the gate, by attempt. */
export class OutboxTable {
  private readonly batchRows = new Map<string, BatchRow>();
  private readonly gatedRows = new Map<string, GatedRow>();
  /** How many rows each attempt is in. */
  private readonly rowsOf = new Map<string, number>();

  get isEmpty(): boolean {
    return this.batchRows.size + this.gatedRows.size === 0;
  }

  batches(): Iterable<BatchRow> {
    return this.batchRows.values();
  }

  gated(): Iterable<GatedRow> {
    return this.gatedRows.values();
  }

  batch(id: string): BatchRow | undefined {
    return this.batchRows.get(id);
  }

  gatedAttempt(key: string): GatedRow | undefined {
    return this.gatedRows.get(key);
  }

  has(key: string): boolean {
    return this.rowsOf.has(key);
  }

  insertBatch(row: BatchRow): void {
    this.batchRows.set(row.id, row);
    for (const attempt of row.attempts) this.count(attemptKey(attempt), 1);
  }

  /** Does nothing when the attempt is there already. */
  insertGated(row: GatedRow): void {
    const key = attemptKey(row);
    if (this.gatedRows.has(key)) return;
    this.gatedRows.set(key, row);
    this.count(key, 1);
  }

  deleteBatch(id: string): void {
    const row = this.batchRows.get(id);
    if (!row) return;
    this.batchRows.delete(id);
    for (const attempt of row.attempts) this.count(attemptKey(attempt), -1);
  }

  deleteGated(key: string): void {
    if (this.gatedRows.delete(key)) this.count(key, -1);
  }

  private count(key: string, by: number): void {
    const rows = (this.rowsOf.get(key) ?? 0) + by;
    if (rows > 0) this.rowsOf.set(key, rows);
    else this.rowsOf.delete(key);
  }
}
