import type { Findings } from './diagnostics.js';
import type { MapChange, StepKind } from './plan.js';

/** The step that a policy is for. */
export interface GatedStep {
  readonly kind: StepKind;
  /** The name of its tool. */
  readonly tool?: string;
  /** Whether the tool names a target. */
  readonly hasTarget: boolean;
}

/** Refuses locks and rates that would hold nothing back: they are for the attempts of tools, and by target only where the tool has one. `at` gives the JSON pointer of a key of the policy. */
export function checkGate({ lock, rate }: MapChange, { kind, tool, hasTarget }: GatedStep, { at, findings }: { readonly at: (key: 'lock' | 'rate') => string; readonly findings: Findings }): void {
  for (const [key, value] of [['lock', lock], ['rate', rate]] as const) {
    if (value === undefined || value === null || kind === 'tool') continue;
    findings.error('unsupported-option', at(key), `a step with "${kind}" starts no attempt of a tool, which alone "${key}" holds back`, [{ op: 'remove', path: at(key) }]);
  }
  if (kind !== 'tool' || hasTarget) return;
  if (lock === true) findings.error('unsupported-option', at('lock'), `"${tool}" has no target to lock; give a key, such as "<<item.rack>>"`, [{ op: 'remove', path: at('lock') }]);
  if (rate?.key === 'target') findings.error('unsupported-option', `${at('rate')}/key`, `"${tool}" has no target to count by`, [{ op: 'replace', path: `${at('rate')}/key`, value: 'tool' }]);
}
