import { referencesIn, type CompiledPlan, type Json, type JsonObject, type Scope, type StepValue } from '@opsmesh/plan-model';

/** What a reference of an iteration means. */
export type Iteration = Pick<Scope, 'item' | 'index' | 'iteration'>;

/** Values that are known before a run of a plan begins. */
export class KnownValues {
  private readonly values = new Map<string, StepValue>();

  /** @param inputs undefined: those of a sub-plan, which depend on results */
  constructor(private readonly plan: CompiledPlan, private readonly inputs: JsonObject | undefined) {}

  set(stepId: string, output: Json | undefined): void {
    this.values.set(stepId, { output, items: undefined });
  }

  /** Why a template can't be bound yet; undefined when it can. With `own` the element of the step's own list is known. */
  missing(template: Json | undefined, { own, iterations }: { own: boolean; iterations: boolean }): string | undefined {
    for (const { reference: { root, path, text } } of referencesIn(template ?? null)) {
      const name = path[0]?.kind === 'name' ? path[0].name : '';
      const part = path[1]?.kind === 'name' ? path[1].name : 'output';
      const isKnown = root === 'steps' ? this.values.has(name) && part === 'output'
        : root === 'input' ? this.inputs !== undefined
          : root === 'item' || root === 'index' ? own || iterations
            : root === 'iteration' ? iterations : root !== 'previous';
      if (!isKnown) return root === 'steps' ? `it depends on the result of "${name}"` : `it depends on ${text}`;
    }
    return undefined;
  }

  scope(iteration: Iteration): Scope {
    return { input: this.inputs ?? {}, context: {}, step: (id) => this.values.get(id), ...iteration };
  }

  /** The step that an id stands for, undefined when there is none. */
  stepIndex(id: string): number | undefined {
    const index = this.plan.steps.findIndex((s) => s.id === id);
    return index < 0 ? undefined : index;
  }
}
