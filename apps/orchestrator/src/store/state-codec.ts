import { ITEM_STATUSES, STEP_STATUSES, type FailureDto, type ItemStatus, type RunStatus } from '@opsmesh/contracts';
import { NO_ITEMS, type Counts, type RunState, type StepState } from '@opsmesh/plan-model';

/**
 * The state of a run as compact JSON text: it is rewritten by every commit, so its size is what a step costs.
 * `[status, stopping, seq, steps]`; a step is 0 (waiting), `[1, total, next, counts, unbound]` (running) or
 * `[code, total, counts, failure]`, with `code` its place in STEP_STATUSES and counts in the order of ITEM_STATUSES, zeros at the end left out.
 */
export function encodeState(state: RunState): string {
  return `[${JSON.stringify(state.status)},${JSON.stringify(state.stopping)},${state.seq},[${state.steps.map(textOf).join()}]]`;
}

/** Steps never change in place, so the text of one that an event did not touch is still right. */
const texts = new WeakMap<StepState, string>();

function textOf(step: StepState): string {
  let text = texts.get(step);
  if (text === undefined) texts.set(step, text = stepText(step));
  return text;
}

export function decodeState(text: string): RunState {
  const [status, stopping, seq, steps] = JSON.parse(text) as [RunStatus, RunState['stopping'], number, EncodedStep[]];
  return { status, stopping, seq, steps: steps.map(decodeStep) };
}

const RUNNING = 1;
type EncodedStep = 0 | [typeof RUNNING, number, number, number[], number[]] | [number, number | null, number[], FailureDto | null];

function stepText(step: StepState): string {
  switch (step.status) {
    case 'waiting': return '0';
    case 'running': return `[${RUNNING},${step.total},${step.next},[${countsOf(step.counts)}],[${step.unbound.join()}]]`;
    default: return `[${STEP_STATUSES.indexOf(step.status)},${step.total},[${countsOf(step.counts)}],${JSON.stringify(step.failure)}]`;
  }
}

function decodeStep(encoded: EncodedStep): StepState {
  if (encoded === 0) return { status: 'waiting' };
  if (encoded.length === 5) {
    const [, total, next, counts, unbound] = encoded;
    return { status: 'running', total, next, counts: decodeCounts(counts), unbound };
  }
  const [code, total, counts, failure] = encoded;
  return { status: STEP_STATUSES[code] as 'succeeded', total, counts: decodeCounts(counts), failure };
}

function countsOf(counts: Counts): string {
  let last = ITEM_STATUSES.length - 1;
  while (last >= 0 && counts[ITEM_STATUSES[last]!] === 0) last--;
  let text = '';
  for (let i = 0; i <= last; i++) text += (i > 0 ? ',' : '') + counts[ITEM_STATUSES[i]!];
  return text;
}

function decodeCounts(values: readonly number[]): Counts {
  if (values.length === 0) return NO_ITEMS;
  return Object.fromEntries(ITEM_STATUSES.map((s, i) => [s, values[i] ?? 0])) as Record<ItemStatus, number>;
}
