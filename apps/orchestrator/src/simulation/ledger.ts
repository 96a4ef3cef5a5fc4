/** Something that a tool did to the world. */
export interface Act {
  /** Id of the attempt. */
  readonly id: string;
  readonly runId: string;
  /** Step and item. */
  readonly place: string;
  readonly attempt: number;
  readonly lockKey: string | null;
}

/** What was done, outside of the product: it survives every crash. */
export class Ledger {
  private readonly acts = new Map<string, Act[]>();
  private readonly underWay = new Map<string, Act>();
  private readonly explained = new Set<string>();
  /** Attempts that were put into a queue. */
  readonly sent = new Set<string>();
  /** What workers said of attempts: id and status. */
  readonly said = new Set<string>();
  /** Attempts of which a worker said for certain that they did what they should, or nothing. */
  readonly certain = new Set<string>();

  actsOf(runId: string, place: string): readonly Act[] {
    return this.acts.get(`${runId}.${place}`) ?? [];
  }

  add(act: Act): void {
    const key = `${act.runId}.${act.place}`;
    const list = this.acts.get(key);
    if (list) list.push(act);
    else this.acts.set(key, [act]);
    if (act.lockKey !== null) this.underWay.set(act.lockKey, act);
  }

  /** The last act with a lock, if it still is under way. */
  lockedBy(key: string, isUnderWay: (act: Act) => boolean): Act | undefined {
    const act = this.underWay.get(key);
    return act && isUnderWay(act) ? act : undefined;
  }

  /** An injected fault may have made the outcome of the attempt unknown. */
  explain(attemptId: string): void {
    this.explained.add(attemptId);
  }

  isExplained(attemptId: string): boolean {
    return this.explained.has(attemptId);
  }
}
