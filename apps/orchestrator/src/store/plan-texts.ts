import { createHash } from 'node:crypto';
import type { CompiledPlan } from '@opsmesh/plan-model';

/** A compiled plan as it is stored. */
export interface PlanText {
  readonly sha256: string;
  readonly text: string;
}

/** Plans remembered as stored; one that was forgotten is only offered to the record once more. */
const CAPACITY = 5000;

/** The stored form of plans, made once for each object, and which of them the record has. */
export class PlanTexts {
  private readonly texts = new WeakMap<CompiledPlan, PlanText>();
  private readonly stored = new Set<string>();

  of(plan: CompiledPlan): PlanText {
    let known = this.texts.get(plan);
    if (!known) {
      const text = JSON.stringify(plan);
      this.texts.set(plan, known = { sha256: createHash('sha256').update(text).digest('hex'), text });
    }
    return known;
  }

  /** Those of the plans that are not known to be stored, each once. */
  unknownOf(plans: readonly CompiledPlan[]): PlanText[] {
    return [...new Map([...new Set(plans)].map((p) => this.of(p)).filter((p) => !this.stored.has(p.sha256)).map((p) => [p.sha256, p])).values()];
  }

  /** Call it when the transaction that stored them was committed. */
  committed(plans: readonly CompiledPlan[]): void {
    for (const plan of new Set(plans)) this.stored.add(this.of(plan).sha256);
    while (this.stored.size > CAPACITY) this.stored.delete(this.stored.values().next().value!);
  }
}
