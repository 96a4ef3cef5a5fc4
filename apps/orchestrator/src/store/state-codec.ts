import { ITEM_STATUSES, STEP_STATUSES, type FailureDto, type RunStatus } from '@opsmesh/contracts';
import { isTerminalStep, NO_ITEMS, NO_OVERRIDES, WAITING, type Counts, type EndedStep, type Overrides, type RunState, type RunningStep, type StepState } from '@opsmesh/plan-model';

/**
 * The state of a run as compact JSON text: it is rewritten by every commit, so its size is what a step costs.
 * `[status, stopping, seq, steps]`, and `overrides` behind them where there are any; a step is
 * `base` (waiting), `[1, total, next - base, counts, unbound]` (running), `['o', arm, iteration, of, partial]` (a container that is open, behind it `[step, by, from, to]` of each remembered step) or
 * `[code, total, counts, failure]` (ended), with `code` its place in STEP_STATUSES and counts in the order of ITEM_STATUSES, zeros at the end left out.
 * Behind a running step stand `base, wave, held, recent`, behind an ended one `base, arm, iterations` (no arm and iterations where it never opened), each list cut where nothing but zeros follows.
 */
export function encodeState(state: RunState): string {
  const overrides = state.overrides !== NO_OVERRIDES && Object.keys(state.overrides).length > 0 ? `,${JSON.stringify(state.overrides)}` : '';
  return `["${state.status}",${state.stopping === null ? 'null' : JSON.stringify(state.stopping)},${state.seq},[${state.steps.map(textOf).join()}]${overrides}]`;
}

/** The texts of steps that have ended: they stay as they are. The others are short, or change with every commit. */
const texts = new WeakMap<StepState, string>();

function textOf(step: StepState): string {
  if (!isTerminalStep(step)) return stepText(step);
  let text = texts.get(step);
  if (text === undefined) texts.set(step, text = stepText(step));
  return text;
}

export function decodeState(text: string): RunState {
  const [status, stopping, seq, steps, overrides] = JSON.parse(text) as [RunStatus, RunState['stopping'], number, EncodedStep[], Overrides?];
  return { status, stopping, seq, steps: steps.map(decodeStep), overrides: overrides ?? NO_OVERRIDES };
}

const RUNNING = 1;
const OPEN = 'o';
type EncodedRunning = [code: typeof RUNNING, total: number, next: number, counts: number[], unbound: number[], base?: number, wave?: number, held?: number, recent?: number];
type EncodedOpen = [code: typeof OPEN, arm: number | null, iteration: number, of: number | null, partial: number, ...remembered: [step: number, by: number, from: number, to: number][]];
type EncodedEnd = [code: number, total: number | null, counts: number[], failure: FailureDto | null, base?: number, arm?: number | null, iterations?: number];
type EncodedStep = number | EncodedRunning | EncodedOpen | EncodedEnd;

function stepText(step: StepState): string {
  switch (step.status) {
    case 'waiting': return `${step.base}`;
    case 'running': return `[${RUNNING},${step.total},${step.next - step.base},[${countsOf(step.counts)}],[${step.unbound.join()}]${rest([step.base, step.wave, step.held ? 1 : 0, step.recent])}]`;
    case 'open': return JSON.stringify([OPEN, step.arm, step.iteration, step.of, step.partial ? 1 : 0, ...step.remembered.map((r): [number, number, number, number] => [r.step, r.by, r.from, r.to])] satisfies EncodedOpen);
    default: return `[${STEP_STATUSES.indexOf(step.status)},${step.total},[${countsOf(step.counts)}],${JSON.stringify(step.failure)}${step.opened ? `,${step.base},${step.opened.arm},${step.opened.iterations}` : rest([step.base])}]`;
  }
}

/** Numbers that follow, up to the last that is not 0. */
function rest(values: readonly number[]): string {
  let last = values.length - 1;
  while (last >= 0 && values[last] === 0) last--;
  let text = '';
  for (let i = 0; i <= last; i++) text += `,${values[i]}`;
  return text;
}

function decodeStep(encoded: EncodedStep): StepState {
  if (typeof encoded === 'number') return encoded === 0 ? WAITING : { status: 'waiting', base: encoded };
  if (isOpen(encoded)) {
    const [, arm, iteration, of, partial, ...remembered] = encoded;
    return { status: 'open', arm, iteration, of, partial: partial === 1, remembered: remembered.map(([step, by, from, to]) => ({ step, by, from, to })) };
  }
  return isRunning(encoded) ? decodeRunning(encoded) : decodeEnd(encoded);
}

function isOpen(encoded: Exclude<EncodedStep, number>): encoded is EncodedOpen {
  return encoded[0] === OPEN;
}

function isRunning(encoded: EncodedRunning | EncodedEnd): encoded is EncodedRunning {
  return encoded[0] === RUNNING;
}

function decodeRunning([, total, next, counts, unbound, base = 0, wave = 0, held = 0, recent = 0]: EncodedRunning): RunningStep {
  return { status: 'running', base, total, next: base + next, counts: decodeCounts(counts), unbound, wave, held: held === 1, recent };
}

function decodeEnd([code, total, counts, failure, base = 0, arm = null, iterations]: EncodedEnd): EndedStep {
  return { status: STEP_STATUSES[code] as EndedStep['status'], base, total, counts: decodeCounts(counts), failure, opened: iterations === undefined ? null : { arm, iterations } };
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
  const [pending = 0, queued = 0, running = 0, succeeded = 0, failed = 0, unknown = 0, skipped = 0, cancelled = 0] = values;
  return { pending, queued, running, succeeded, failed, unknown, skipped, cancelled };
}
