import type { Findings } from './diagnostics.js';
import { SIGNAL_NAME } from './item-kinds.js';
import type { Plan, PlanStep, StepBody } from './parsed-plan.js';
import { parseAdapt, parseCache, parseRetry } from './parse-policies.js';
import { isBetween, isFullText, isList, isObject, isOneOf, isText, isTexts, isTime, isWait, Section, TIME, WAIT_TIME } from './parse-values.js';
import { DEFAULT_APPROVAL_MS, DEFAULT_DECISION_MS, LIMITS, STEP_KINDS, type JsonObject, type StepKind } from './plan.js';

/** The keys by which a step's kind is told. */
export const KINDS = STEP_KINDS;

const COMMON = ['id', 'name', 'description', 'when', 'onFailure', 'critical', 'role', 'parallelGroup', 'outputMapping', 'dependsOn'];
const ITEMS = ['forEach', 'map', 'timeoutMs'];
const OWN: Readonly<Record<StepKind, readonly string[]>> = {
  tool: ['tool', 'inputs', 'retry', 'adapt', 'cache', ...ITEMS], branch: ['branch', 'else'], loop: ['loop'], orchestration: ['orchestration', 'inputs', ...ITEMS],
  approval: ['approval', ...ITEMS], decide: ['decide', ...ITEMS], wait: ['wait', ...ITEMS],
};
const EVERY = new Set(Object.values(OWN).flat());

/** The keys of a kind, and those of others with why they are refused. */
export function keysOf(kind: StepKind): { readonly known: readonly string[]; readonly foreign: ReadonlyMap<string, string> } {
  const known = [...COMMON, ...OWN[kind]];
  const others = [...EVERY].filter((k) => !known.includes(k) && !KINDS.includes(k as StepKind));
  return { known: [...known, ...KINDS], foreign: new Map(others.map((k) => [k, `a step with "${kind}" has no "${k}"`])) };
}

export interface KindReading {
  /** The step. */
  readonly section: Section;
  readonly pointer: string;
  readonly findings: Findings;
  readonly readPlan: (document: unknown, pointer: string) => Plan | null;
  /** Notes steps that stand in this one. */
  readonly within: (documents: readonly unknown[], pointer: string, arm: number | null) => void;
}

/** What a kind says of a step; `keys` say where its inputs and conditions stand. */
type Own = Pick<PlanStep, 'body' | 'inputs' | 'forEach' | 'timeoutMs' | 'keys'>;

export function readBody(kind: StepKind, reading: KindReading): Own {
  switch (kind) {
    case 'tool': return readTool(reading);
    case 'branch': return readBranch(reading);
    case 'loop': return readLoop(reading);
    case 'orchestration': return readOrchestration(reading);
    case 'approval': return readApproval(reading);
    case 'decide': return readDecision(reading);
    case 'wait': return readWait(reading);
  }
}

function inputsOf({ section }: KindReading): JsonObject {
  return (section.get('inputs', isObject, 'an object of names and values') ?? {}) as JsonObject;
}

function forEachOf({ section }: KindReading): string | null {
  return section.get('forEach', isText, 'one reference, such as "<<steps.assets.output.assets>>"') ?? null;
}

function readTool(reading: KindReading): Own {
  const { section, pointer, findings } = reading;
  const tool = section.get('tool', isText, 'the name of a tool');
  if (section.values['tool'] === undefined) findings.error('invalid-value', pointer, `a step needs a "tool", or one of ${KINDS.slice(1).join(', ')}`);
  const body: StepBody = {
    kind: 'tool', tool: tool ?? '', retry: parseRetry(section.values['retry'], section.at('retry'), findings), adapt: parseAdapt(section.values['adapt'], section.at('adapt'), findings),
    cache: parseCache(section.values['cache'], section.at('cache'), findings),
  };
  return { body, inputs: inputsOf(reading), forEach: forEachOf(reading), timeoutMs: section.get('timeoutMs', isTime, TIME) ?? null, keys: {} };
}

/** The object of a kind, such as that of `approval`; an empty one when it is none. */
function objectOf({ section, pointer, findings }: KindReading, kind: StepKind, known: readonly string[]): Section {
  const value = section.need(kind, isObject, `an object with ${known.map((k) => `"${k}"`).join(', ')}`);
  return new Section(value ?? {}, { pointer: `${pointer}/${kind}`, known, findings });
}

function readBranch({ section, pointer, findings, within }: KindReading): Own {
  const written = section.need('branch', isList, 'a list of { "when", "steps" }') ?? [];
  const arms: { when: Extract<StepBody, { kind: 'branch' }>['arms'][number]['when']; pointer: string }[] = [];
  if (written.length === 0 && section.values['branch'] !== undefined) findings.error('invalid-value', `${pointer}/branch`, 'must have at least one arm');
  for (const [i, document] of written.entries()) {
    const at = `${pointer}/branch/${i}`;
    if (!isObject(document)) {
      findings.error('invalid-value', at, 'an arm is an object with "when" and "steps"');
      continue;
    }
    const arm = new Section(document, { pointer: at, known: ['when', 'steps'], findings });
    if (arm.values['when'] === undefined || arm.values['when'] === null) findings.error('invalid-value', `${at}/when`, 'must be there: the condition of the arm');
    stepsOf(arm, { within, arm: arms.length, findings });
    arms.push({ when: arm.condition('when'), pointer: `${at}/when` });
  }
  const otherwise = section.get('else', isList, 'a list of steps');
  if (otherwise?.length === 0) findings.error('no-steps', section.at('else'), 'has at least one step; leave it out if there is nothing to do');
  if (otherwise) {
    within(otherwise, section.at('else'), arms.length);
    arms.push({ when: null, pointer: section.at('else') });
  }
  return { body: { kind: 'branch', arms }, inputs: {}, forEach: null, timeoutMs: null, keys: {} };
}

function stepsOf(section: Section, { within, arm, findings }: { within: KindReading['within']; arm: number | null; findings: Findings }): void {
  const steps = section.need('steps', isList, 'a list of steps') ?? [];
  if (steps.length === 0 && isList(section.values['steps'])) findings.error('no-steps', section.at('steps'), 'has at least one step');
  within(steps, section.at('steps'), arm);
}

const MODES = ['while', 'until', 'forEach'] as const;

function readLoop(reading: KindReading): Own {
  const { pointer, findings, within } = reading;
  const loop = objectOf(reading, 'loop', [...MODES, 'maxIterations', 'steps']);
  const said = MODES.filter((m) => loop.values[m] !== undefined && loop.values[m] !== null);
  const [mode = 'until'] = said;
  if (said.length !== 1 && isObject(reading.section.values['loop'])) findings.error('invalid-value', `${pointer}/loop`, 'has one of "while", "until" and "forEach"');
  const most = loop.get('maxIterations', (v): v is number => isBetween(v, 1, LIMITS.loopIterations), `a whole number from 1 to ${LIMITS.loopIterations}`);
  if (most === undefined && mode !== 'forEach' && said.length === 1 && loop.values['maxIterations'] === undefined) findings.error('invalid-value', `${pointer}/loop/maxIterations`, 'must be there: how often the loop may run at most');
  stepsOf(loop, { within, arm: null, findings });
  return {
    body: { kind: 'loop', mode, condition: mode === 'forEach' ? null : loop.condition(mode), maxIterations: most ?? LIMITS.loopIterations },
    inputs: {}, forEach: loop.get('forEach', isText, 'one reference, such as "<<steps.assets.output.assets>>"') ?? null, timeoutMs: null, keys: { forEach: `loop/${loop.keys['forEach'] ?? 'forEach'}`, ...(mode === 'forEach' ? {} : { condition: `loop/${mode}` }) },
  };
}

/** `name` or `name@3`. */
const STORED = /^[A-Za-z0-9][A-Za-z0-9 ._-]{0,127}(@[1-9][0-9]{0,8})?$/;

function readOrchestration(reading: KindReading): Own {
  const { section, pointer, findings } = reading;
  const value = section.values['orchestration'];
  const stored = isText(value) ? value : null;
  if (stored !== null && !STORED.test(stored)) findings.error('invalid-value', `${pointer}/orchestration`, 'must be "name@version", or a plan');
  const plan = stored === null ? reading.readPlan(value, `${pointer}/orchestration`) : null;
  return { body: { kind: 'orchestration', plan, stored }, inputs: inputsOf(reading), forEach: forEachOf(reading), timeoutMs: section.get('timeoutMs', isTime, TIME) ?? null, keys: {} };
}

function readApproval(reading: KindReading): Own {
  const approval = objectOf(reading, 'approval', ['message', 'approvers', 'minApprovals', 'expiresMs', 'onExpire']);
  const message = approval.need('message', isFullText, 'what the people are asked') ?? '';
  const approvers = approval.get('approvers', isTexts, 'a list of actors, by the names of their tokens') ?? [];
  const minApprovals = approval.get('minApprovals', (v): v is number => isBetween(v, 1, 100), 'a whole number from 1 to 100') ?? 1;
  const onExpire = approval.get('onExpire', isOneOf('fail', 'continue'), '"fail" or "continue"') ?? 'fail';
  const timeoutMs = reading.section.get('timeoutMs', isWait, WAIT_TIME);
  const expiresMs = approval.get('expiresMs', isWait, WAIT_TIME) ?? timeoutMs ?? DEFAULT_APPROVAL_MS;
  refuseShorterTime(reading, { timeoutMs, own: expiresMs, name: 'expiresMs' });
  return { body: { kind: 'approval', minApprovals, onExpire }, inputs: { message, approvers }, forEach: forEachOf(reading), timeoutMs: expiresMs, keys: { inputs: 'approval' } };
}

function readDecision(reading: KindReading): Own {
  const { findings } = reading;
  const decide = objectOf(reading, 'decide', ['question', 'choices', 'default']);
  const question = decide.need('question', isFullText, 'what is to be decided') ?? '';
  const isChoices = (v: unknown): v is string[] => isTexts(v) && v.length >= 2 && v.length <= 50 && v.every((c) => isFullText(c) && c.length <= 128) && new Set(v).size === v.length;
  const choices = decide.need('choices', isChoices, 'a list of 2 to 50 different texts, each of at most 128 characters');
  const fallback = decide.need('default', isText, 'the choice that is taken when nobody chooses');
  if (choices && fallback !== undefined && !choices.includes(fallback)) findings.error('invalid-value', decide.at('default'), 'must be one of the choices');
  const timeoutMs = reading.section.get('timeoutMs', isTime, TIME) ?? DEFAULT_DECISION_MS;
  return { body: { kind: 'decide', choices: choices ?? [], default: fallback ?? '' }, inputs: { question }, forEach: forEachOf(reading), timeoutMs, keys: { inputs: 'decide' } };
}

function readWait(reading: KindReading): Own {
  const { section, pointer, findings } = reading;
  const wait = objectOf(reading, 'wait', ['ms', 'signal', 'timeoutMs']);
  const ms = wait.get('ms', isWait, WAIT_TIME) ?? null;
  // References in a name are bound for each item.
  const isSignal = (v: unknown): v is string => isText(v) && (SIGNAL_NAME.test(v) || /<<|\{\{/.test(v));
  const signal = wait.get('signal', isSignal, 'a name of letters, digits, _ . : and -');
  const said = ['ms', 'signal'].filter((k) => wait.values[k] !== undefined && wait.values[k] !== null);
  if (said.length !== 1 && isObject(section.values['wait'])) findings.error('invalid-value', `${pointer}/wait`, 'has either "ms" or "signal"');
  if (said[0] === 'ms' && wait.values['timeoutMs'] !== undefined) findings.error('invalid-value', wait.at('timeoutMs'), 'is for a signal; a wait of "ms" has its own end');
  const outer = section.get('timeoutMs', isWait, WAIT_TIME);
  const timeoutMs = wait.get('timeoutMs', isWait, WAIT_TIME) ?? outer ?? null;
  refuseShorterTime(reading, said[0] === 'ms' ? { timeoutMs: outer, own: ms, name: 'ms' } : { timeoutMs: outer, own: timeoutMs, name: 'timeoutMs' });
  return { body: { kind: 'wait', ms }, inputs: signal === undefined ? {} : { signal }, forEach: forEachOf(reading), timeoutMs: said[0] === 'ms' ? null : timeoutMs, keys: { inputs: 'wait' } };
}

/** What a step waits for ends by a time of its own, which a shorter `timeoutMs` beside it would contradict. */
function refuseShorterTime({ section, findings }: KindReading, { timeoutMs, own, name }: { readonly timeoutMs: number | undefined; readonly own: number | null; readonly name: string }): void {
  if (timeoutMs === undefined || own === null || timeoutMs >= own) return;
  const at = section.at('timeoutMs');
  findings.error('invalid-value', at, `is over before "${name}", which is ${own}; say one of them`, [{ op: 'remove', path: at }]);
}
