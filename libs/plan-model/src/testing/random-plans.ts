import fc from 'fast-check';
import { isContainer, type CompiledPlan, type CompiledStep, type OnFailure, type StepScope } from '../plan.js';
import { branch, loop, plan, step, wait } from './plans.js';
import type { World } from './simulation.js';

/** A step as it is drawn; `children` has one list for each arm, or one for a loop. */
interface Drawn {
  readonly kind: 'tool' | 'wait' | 'branch' | 'while' | 'until' | 'forEach';
  readonly children: readonly (readonly Drawn[])[];
  readonly world: World;
  readonly dependsOn: number;
  readonly idempotent: boolean;
  readonly concurrency: number;
  readonly waves: readonly number[];
  readonly threshold: number | undefined;
  readonly maxAttempts: number;
  readonly critical: boolean;
  readonly reaction: 'fail' | 'continue' | 'alternative' | 'compensate';
  readonly adapts: boolean;
}

const own = {
  world: fc.record({ total: fc.integer({ min: 0, max: 4 }), unbound: fc.subarray([0, 1, 2, 3]), arm: fc.option(fc.nat({ max: 1 }), { freq: 4 }), iterations: fc.integer({ min: 0, max: 3 }) }).map((w) => ({ ...w, unbound: w.unbound.filter((i) => i < w.total) })),
  dependsOn: fc.nat(), idempotent: fc.boolean(), concurrency: fc.integer({ min: 1, max: 3 }), waves: fc.uniqueArray(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }).map((w) => w.toSorted()), threshold: fc.option(fc.nat({ max: 3 }), { nil: undefined }),
  maxAttempts: fc.integer({ min: 1, max: 2 }), critical: fc.boolean(), reaction: fc.constantFrom('fail' as const, 'fail' as const, 'continue' as const, 'alternative' as const, 'compensate' as const), adapts: fc.boolean(),
};
const leaf: fc.Arbitrary<Drawn> = fc.record({ kind: fc.constantFrom('tool' as const, 'tool' as const, 'wait' as const), children: fc.constant([]), ...own });

function drawn(depth: number): fc.Arbitrary<Drawn> {
  if (depth === 0) return leaf;
  const inside = fc.array(drawn(depth - 1), { minLength: 1, maxLength: 3 });
  return fc.oneof(
    { weight: 3, arbitrary: leaf },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('branch' as const), children: fc.array(inside, { minLength: 1, maxLength: 2 }), ...own }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('while' as const, 'until' as const, 'forEach' as const), children: fc.tuple(inside), ...own }) },
  );
}

export interface RandomPlan { readonly plan: CompiledPlan; readonly worlds: readonly World[] }

/** Plans of all kinds of steps, containers in containers, alternatives and compensations, with what the world holds for each step. For specs. */
export const randomPlan: fc.Arbitrary<RandomPlan> = fc.array(drawn(2), { minLength: 1, maxLength: 4 }).map((roots) => {
  const steps: CompiledStep[] = [];
  const worlds: World[] = [];
  layOut(roots, { scope: null, steps, worlds });
  const loopOf = ({ scope }: CompiledStep): number | undefined => (scope === null ? undefined : steps[scope.step]!.kind === 'loop' ? scope.step : loopOf(steps[scope.step]!));
  const remembering = steps.map((s) => (s.kind === 'loop' ? { ...s, remembers: steps.filter((i) => !isContainer(i) && loopOf(i) === s.index).map((i) => i.index) } : s));
  return { plan: plan(...remembering), worlds };
});

interface Target { readonly scope: StepScope | null; readonly steps: CompiledStep[]; readonly worlds: World[] }

/** A step depends on some of the siblings before it, and needs a value of some of those; of one with an alternative on that too. */
function layOut(siblings: readonly Drawn[], { scope, steps, worlds }: Target): void {
  const before: number[][] = [];
  for (const d of siblings) {
    const index = steps.length;
    const chosen = before.filter((_, i) => (d.dependsOn >> i) & 1);
    const needsValueOf = chosen.filter((_, i) => (d.dependsOn >> (i + 8)) & 1).map(([first]) => first!);
    steps.push(made(d, index, { scope, dependsOn: chosen.flat(), needsValueOf }));
    worlds.push({ ...d.world, ...(d.kind === 'branch' && d.world.arm ? { arm: d.world.arm % d.children.length } : {}) });
    for (const [arm, children] of d.children.entries()) layOut(children, { scope: { step: index, arm: d.kind === 'branch' ? arm : null }, steps, worlds });
    before.push([index, ...withReaction(d, index, { scope, steps, worlds })]);
  }
}

/** @returns the alternative, which dependants wait for as well */
function withReaction(d: Drawn, index: number, { scope, steps, worlds }: Target): number[] {
  if (d.reaction === 'fail' || d.reaction === 'continue') return [];
  const first = steps.length;
  const count = d.reaction === 'alternative' ? 1 : 2;
  for (let i = 0; i < count; i++) {
    steps.push(step(first + i, { scope, guard: { step: index }, dependsOn: i === 0 ? [index] : [index, first] }));
    worlds.push({});
  }
  const onFailure: OnFailure = d.reaction === 'alternative' ? { alternative: first } : { compensate: [first, first + 1] };
  steps[index] = { ...steps[index]!, onFailure };
  return d.reaction === 'alternative' ? [first] : [];
}

function made(d: Drawn, index: number, place: Pick<CompiledStep, 'scope' | 'dependsOn' | 'needsValueOf'>): CompiledStep {
  const map = { concurrency: d.concurrency, ...(d.threshold === undefined ? {} : { failureThreshold: { count: d.threshold } }), ...(d.waves.length > 0 ? { waves: d.waves.map((count) => ({ count })), wavePauseMs: d.adapts ? 5 : 0 } : {}) };
  const common = { ...place, critical: d.critical, onFailure: d.reaction === 'continue' ? 'continue' as const : 'fail' as const };
  switch (d.kind) {
    case 'tool': return step(index, {
      ...common, forEach: '<<x>>', map, idempotent: d.idempotent, retry: { maxAttempts: d.maxAttempts, backoff: { initialMs: 10, factor: 2, maxMs: 100, jitter: true } },
      adapt: d.adapts ? { concurrency: { failures: 1, of: 2, floor: 1 }, timeoutFactor: 2 } : null,
    });
    case 'wait': return wait(index, { ...common, forEach: '<<x>>', map });
    case 'branch': return branch(index, d.children.length, common);
    default: return loop(index, d.kind, { ...common, maxIterations: 2 });
  }
}
