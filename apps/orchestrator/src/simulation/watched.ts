import type { RunState } from '@opsmesh/plan-model';

/** What is known of one run beside its rows. */
export interface Watched {
  state: RunState;
  /** Number of the commit after which nothing new may start. */
  stoppedAt: number | null;
  /** Items that a person wanted repeated, with the attempt that may be beyond all limits. */
  readonly repeated: Map<string, number>;
  /** Items that were `unknown` and became known. */
  readonly resolved: Set<string>;
  /** Largest concurrency that people ever set, by step. */
  readonly caps: Map<number, number>;
  /** When the items of a wave had all ended, by step and wave. */
  readonly waveEnds: Map<string, number>;
}
