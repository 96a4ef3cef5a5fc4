import { createHash } from 'node:crypto';
import type { CompiledPlan } from '@opsmesh/plan-model';

/** A compiled plan as it is stored. */
export interface PlanText {
  readonly sha256: string;
  readonly text: string;
}

/** Plans remembered as stored; one that was forgotten is only offered to the record once more. */
const CAPACITY = 5000;
/** How long a plan is believed to be stored, in milliseconds. After that it is offered again, which renews it in the record. */
const BELIEVED_MS = 3_600_000;

/**
 * The stored form of plans, made once for each object, and which of them the record has. The record forgets only plans that were not offered for a day
 * or more: see store/retention. So a plan that is believed to be stored is.
 */
export class PlanTexts {
  private readonly texts = new WeakMap<CompiledPlan, PlanText>();
  /** When they were offered last, by their hash, in milliseconds of `now`. */
  private readonly stored = new Map<string, number>();

  constructor(private readonly now: () => number = () => performance.now()) {}

  of(plan: CompiledPlan): PlanText {
    let known = this.texts.get(plan);
    if (!known) {
      const text = JSON.stringify(plan);
      this.texts.set(plan, known = { sha256: createHash('sha256').update(text).digest('hex'), text });
    }
    return known;
  }

  /** Those of the plans that are not known to be stored, each once, in one order: processes that offer the same ones wait for each other. */
  unknownOf(plans: readonly CompiledPlan[]): PlanText[] {
    const oldest = this.now() - BELIEVED_MS;
    const unknown = new Map([...new Set(plans)].map((p) => this.of(p)).filter((p) => (this.stored.get(p.sha256) ?? -Infinity) < oldest).map((p) => [p.sha256, p]));
    return [...unknown.values()].sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
  }

  /** Call it when the transaction that stored them was committed. */
  committed(plans: readonly CompiledPlan[]): void {
    for (const { sha256 } of this.unknownOf(plans)) {
      this.stored.delete(sha256);
      this.stored.set(sha256, this.now());
    }
    while (this.stored.size > CAPACITY) this.stored.delete(this.stored.keys().next().value!);
  }
}
