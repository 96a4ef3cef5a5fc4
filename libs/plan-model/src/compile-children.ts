import type { Findings } from './diagnostics.js';
import { pointerIn, type Plan, type PlanStep } from './parsed-plan.js';
import type { CompiledPlan } from './plan.js';
import type { PlanLookup } from './plan-lookup.js';

/** A sub-plan as it was compiled. */
export interface CompiledChild {
  readonly plan: CompiledPlan;
  /** `name@version`, null for one written in place. */
  readonly stored: string | null;
  /** Inputs that become whole commands in it. */
  readonly commandInputs: ReadonlySet<string>;
}

/** What a compiler makes of a sub-plan. */
export interface ChildCompiler {
  /** One written in place; what is wrong with it is told where it stands. */
  inPlace(plan: Plan): Omit<CompiledChild, 'stored'> | null;
  /** A stored one; null with the first error in words. */
  stored(document: unknown, name: string): Omit<CompiledChild, 'stored'> | { readonly error: string };
}

interface Context { readonly lookup: PlanLookup | undefined; readonly within: readonly string[]; readonly compiler: ChildCompiler; readonly findings: Findings }

/** Compiles the sub-plan of a step; undefined when it can't be, which was told. */
export function compileChild(step: PlanStep, { lookup, within, compiler, findings }: Context): CompiledChild | undefined {
  if (step.body.kind !== 'orchestration') return undefined;
  const { plan, stored } = step.body;
  if (plan) {
    const child = compiler.inPlace(plan);
    return child ? { ...child, stored: null } : undefined;
  }
  if (stored === null) return undefined;
  const at = pointerIn(step, 'orchestration');
  const found = lookup?.find(stored);
  if (!found) {
    const near = lookup && findings.nearest(stored.split('@')[0]!, () => lookup.names());
    findings.error('unknown-orchestration', at, lookup ? `there is no stored plan "${stored}"${near ? `; do you mean "${near}"?` : ''}` : 'there are no stored plans here; write the sub-plan in place');
    return undefined;
  }
  if (within.includes(found.name)) {
    findings.error('cycle', at, `these plans hold each other: ${[...within.slice(within.indexOf(found.name)), found.name].join(' → ')}`);
    return undefined;
  }
  const child = compiler.stored(found.document, found.name);
  if (!('error' in child)) return { ...child, stored: found.name };
  findings.error('orchestration-invalid', at, `the stored plan "${found.name}" has an error: ${child.error}`);
  return undefined;
}
