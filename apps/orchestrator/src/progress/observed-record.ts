import type { ChangeSet } from '../engine/change-set.js';
import type { RecordTransaction, RunRecord } from '../engine/ports.js';

/** Told of each transaction that wrote something, after it was committed; must not throw. */
export type Observer = (changes: readonly ChangeSet[]) => void;

/** A record whose commits are seen. */
export class ObservedRecord implements RunRecord {
  constructor(private readonly record: RunRecord, private readonly committed: Observer) {}

  async transaction<T>(work: (tx: RecordTransaction) => Promise<T>): Promise<T> {
    const written: ChangeSet[] = [];
    const result = await this.record.transaction((tx) => work(noting(tx, written)));
    if (written.length > 0) this.committed(written);
    return result;
  }

  loadFacts(ids: readonly string[]): ReturnType<RunRecord['loadFacts']> {
    return this.record.loadFacts(ids);
  }
}

/** The transaction itself, but for noting what it writes. */
export function noting(tx: RecordTransaction, written: ChangeSet[]): RecordTransaction {
  const noted = Object.create(tx) as RecordTransaction;
  noted.write = (changes) => {
    written.push(changes);
    return tx.write(changes);
  };
  noted.writeLast = (changes) => {
    written.push(changes);
    tx.writeLast(changes);
  };
  return noted;
}
