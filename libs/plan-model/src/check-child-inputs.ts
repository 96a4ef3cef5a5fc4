import type { CompiledChild } from './compile-children.js';
import type { Findings } from './diagnostics.js';
import { pointerOf } from './json-pointer.js';
import { pointerIn, type PlanStep } from './parsed-plan.js';
import { referencesIn, referenceText } from './references.js';
import { inputName } from './scope.js';

/**
 * Checks what a sub-plan is given: only inputs that it declares, and for those that become whole commands no result.
 * @returns the inputs of this plan that become whole commands through it
 */
export function checkChildInputs(step: PlanStep, { plan, commandInputs }: CompiledChild, findings: Findings): string[] {
  const at = pointerIn(step, 'inputs');
  const passed: string[] = [];
  for (const [name, value] of Object.entries(step.inputs)) {
    const path = `${at}/${pointerOf(name)}`;
    if (!Object.hasOwn(plan.inputs, name)) {
      const near = findings.nearest(name, () => Object.keys(plan.inputs));
      const fix = near && !Object.hasOwn(step.inputs, near) ? [{ op: 'add' as const, path: `${at}/${near}`, value }] : [];
      findings.error('unknown-argument', path, `the sub-plan has no input "${name.slice(0, 64)}"${near ? `; do you mean "${near}"?` : `; it has ${Object.keys(plan.inputs).join(', ') || 'none'}`}`, [{ op: 'remove', path }, ...fix]);
    } else if (commandInputs.has(name)) {
      for (const { reference, whole, pointer } of referencesIn(value)) {
        const input = whole ? inputName(reference) : undefined;
        if (input !== undefined) passed.push(input);
        else findings.error('command-from-value', path + pointer, `the sub-plan runs "${name}" as a command, which would come from ${referenceText(reference)}: write the command there and give it values as arguments`);
      }
    }
  }
  return passed;
}
