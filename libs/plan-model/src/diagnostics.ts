import type { DiagnosticDto, PatchOperation } from '@opsmesh/contracts';
import { nearestName } from './nearest-name.js';

/** Every code that parse and compile can give, and what it means. docs/diagnostics.md shows the same list. */
export const DIAGNOSTIC_CODES = {
  'invalid-value': 'a part of the plan has the wrong shape',
  'unknown-key': 'a key that means nothing here',
  'limit-exceeded': 'the plan is larger than a limit allows',
  'forbidden-key': 'a key that could reach into the program',
  'unsupported-option': 'an option that this kind of step, or its tool, does not have',
  'no-steps': 'a plan without steps',
  'invalid-id': 'a step id with other characters than letters, digits, _ and -',
  'duplicate-id': 'two steps have the same id',
  'unknown-tool': 'no service has registered the tool',
  'unknown-argument': 'the tool has no such input',
  'missing-argument': 'the tool needs an input that is not there',
  'wrong-type': 'an input has the wrong type or value',
  'bad-address': 'an input that must be an address, range or CIDR is none',
  'credential-dropped': 'a credential was written into the plan; it was left out',
  'reference-syntax': 'a reference that can not be read',
  'forbidden-path': 'a reference that leads out of the data',
  'unknown-root': 'a reference that begins with nothing known',
  'unknown-input': 'a reference to an input that the plan does not declare',
  'unknown-step': 'a reference or dependency to a step that does not exist',
  'unknown-field': 'a reference to a field that the tool does not give',
  'not-an-ancestor': 'a step that needs its own result, or one that can not be there before it',
  'item-outside-fan-out': 'item or index in a step that runs once',
  'iteration-outside-loop': 'iteration in a step that stands in no loop',
  'previous-outside-loop': 'a value of the iteration before, of a step that has none there',
  'previous-without-default': 'a value of the iteration before, which the first iteration lacks',
  'ambiguous-item': 'item could mean the list of more than one step',
  'not-a-list': 'a fan-out over something that is no list',
  'reference-type': 'a referenced value has the wrong type for its place',
  'command-from-value': 'a whole command would come from a value',
  'command-reference-unsafe': 'a value stands where a command can not hold it safely',
  'cycle': 'steps that wait for each other',
  'group-order': 'members of one parallel group that wait for each other',
  'unknown-orchestration': 'a sub-plan that is not stored',
  'orchestration-invalid': 'a stored sub-plan that does not compile any more',
  'cache-refused': 'outputs of the tool may not answer other calls, or not for so long',
  'retry-limited': 'retries of a tool that is not idempotent repeat only what was not done',
} as const;

export type DiagnosticCode = keyof typeof DIAGNOSTIC_CODES;

/** Most errors, and most warnings, that are told of one plan. */
const MOST_FINDINGS = 100;

/** Gathers findings; beyond {@link MOST_FINDINGS} they only count. */
export class Findings {
  readonly all: DiagnosticDto[] = [];
  private readonly counts = { error: 0, warning: 0 };

  error(code: DiagnosticCode, pointer: string, message: string, fix?: PatchOperation[]): void {
    this.add('error', { code, pointer, message, ...(fix ? { fix } : {}) });
  }

  warning(code: DiagnosticCode, pointer: string, message: string, fix?: PatchOperation[]): void {
    this.add('warning', { code, pointer, message, ...(fix ? { fix } : {}) });
  }

  get failed(): boolean {
    return this.counts.error > 0;
  }

  /** The name that was meant, for an error; not looked for when the error will not be told any more. */
  nearest(wrong: string, known: () => readonly string[]): string | undefined {
    return this.counts.error < MOST_FINDINGS ? nearestName(wrong, known()) : undefined;
  }

  private add(severity: DiagnosticDto['severity'], finding: Omit<DiagnosticDto, 'severity'>): void {
    if (this.counts[severity]++ < MOST_FINDINGS) this.all.push({ ...finding, severity });
  }
}
