import type { PlanStep } from './parsed-plan.js';

/** Which steps stand beside and inside of each other. */
export class PlanScopes {
  private readonly keys: readonly string[];
  private readonly members = new Map<string, number[]>();

  constructor(private readonly steps: readonly PlanStep[]) {
    this.keys = steps.map(({ scope }) => (scope ? `${scope.step}/${scope.arm ?? ''}` : ''));
    for (const [i, key] of this.keys.entries()) {
      const known = this.members.get(key);
      if (known) known.push(i);
      else this.members.set(key, [i]);
    }
  }

  /** Steps with the same key stand beside each other: in the same arm, loop, or in no container. */
  keyOf(index: number): string {
    return this.keys[index]!;
  }

  /** All steps beside a step, itself among them, in order. */
  siblings(index: number): readonly number[] {
    return this.members.get(this.keys[index]!)!;
  }

  /** The step itself and the containers around it, the innermost first. */
  around(index: number): number[] {
    const found = [index];
    for (let scope = this.steps[index]!.scope; scope; scope = this.steps[scope.step]!.scope) found.push(scope.step);
    return found;
  }

  /** The loops around a step, the innermost first. */
  loops(index: number): number[] {
    return this.around(index).slice(1).filter((i) => this.steps[i]!.body.kind === 'loop');
  }

  /** The innermost for-each loop around a step: `item` and `index` are its element and iteration there. */
  forEachLoop(index: number): number | undefined {
    return this.loops(index).find((i) => this.steps[i]!.forEach !== null);
  }

  /** Whether a step stands in a container, at any depth. */
  isInside(index: number, container: number): boolean {
    return index !== container && this.around(index).includes(container);
  }

  /** The steps or containers of one scope that stand for the two; undefined when they are the same, so that none can wait for the other. */
  lift(from: number, to: number): { readonly from: number; readonly to: number } | undefined {
    const way = new Map(this.around(from).map((i) => [this.keys[i]!, i]));
    const target = this.around(to).find((i) => way.has(this.keys[i]!))!;
    const source = way.get(this.keys[target]!)!;
    return source === target ? undefined : { from: source, to: target };
  }

  /** Whether what a step gives can be there for another: it stands beside it, or beside a container around it, and is no alternative or compensation. */
  isVisible(from: number, to: number): boolean {
    return this.steps[to]!.guard === null && this.lift(from, to)?.to === to;
  }
}
