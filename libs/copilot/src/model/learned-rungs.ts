import { RUNGS, type Rung } from './model-client.js';

/** What one question showed of an endpoint. */
export interface RungEvidence {
  /** The rung that was tried first. */
  readonly began: Rung;
  /** The rung that gave a readable answer. */
  readonly worked: Rung;
  /** Whether the endpoint refused the shape of a rung above it; else what it answered there could not be read. */
  readonly refused: boolean;
}

/** What is known of endpoints, kept between questions. */
export interface RungMemory {
  /** The rung to begin with. */
  first(endpoint: string): Rung;
  learn(endpoint: string, evidence: RungEvidence): void;
}

/** Answers in a row that could not be read before it is held against the shape: one of them is the model's mood. */
export const UNREADABLE_IN_A_ROW = 3;
/** For how long a lower rung is begun with before the highest is tried again, in milliseconds: endpoints and models behind one name change. */
export const LOWERED_MS = 3_600_000;

interface Known { readonly rung: Rung; readonly until: number; readonly misses: number }

/**
 * Learns how endpoints are to be asked.
 * 1. A shape that the endpoint refuses is not asked for again for {@link LOWERED_MS}.
 * 2. Unreadable answers count only when {@link UNREADABLE_IN_A_ROW} of them came in a row.
 * 3. After that time the highest rung is tried again.
 */
export class LearnedRungs implements RungMemory {
  private readonly known = new Map<string, Known>();

  /** @param now a clock in milliseconds that never goes back */
  constructor(private readonly now: () => number) {}

  first(endpoint: string): Rung {
    const known = this.known.get(endpoint);
    return known && this.now() < known.until ? known.rung : RUNGS[0];
  }

  learn(endpoint: string, { began, worked, refused }: RungEvidence): void {
    const known = this.known.get(endpoint);
    const misses = worked === began ? 0 : (known?.misses ?? 0) + 1;
    if (refused || misses >= UNREADABLE_IN_A_ROW) this.known.set(endpoint, { rung: worked, until: this.now() + LOWERED_MS, misses: 0 });
    else this.known.set(endpoint, { rung: this.first(endpoint), until: known?.until ?? 0, misses });
  }
}
