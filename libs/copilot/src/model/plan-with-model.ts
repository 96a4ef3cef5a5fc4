import { REDACTED, type DiagnosticDto, type PatchOperation } from '@opsmesh/contracts';
import type { Catalogue, CatalogueTool } from '../catalogue/catalogue.js';
import type { FactSheet } from '../facts/facts.js';
import type { Compile } from '../plan/choose-templates.js';
import type { PlanDocument } from '../plan/plan-document.js';
import type { NeutralText } from '../text/neutral-text.js';
import { jsonPatch } from './json-patch.js';
import { NO_USAGE, summed, type Usage } from './accounting.js';
import { answerSchema } from './answer-schema.js';
import { askModel, type Asking } from './ask-model.js';
import { guardPlan } from './guard-plan.js';
import type { ModelFailureCode } from './model-client.js';
import { briefing, repairing } from './prompt.js';
import { mayNameSecret } from './untrusted.js';

/** Most tools that are told to a model. */
const OFFERED_TOOLS = 12;
/** Most repairs of one plan. */
const REPAIRS = 2;

/** One repair: what was wrong, and what the model changed. */
export interface Repair {
  readonly diagnostics: readonly DiagnosticDto[];
  /** RFC 6902, from the plan before to the plan after. */
  readonly patch: readonly PatchOperation[];
}

export type ModelPlan =
  | { readonly kind: 'plan'; readonly plan: PlanDocument; readonly repairs: readonly Repair[]; readonly warnings: readonly DiagnosticDto[]; readonly dropped: readonly string[]; readonly usage: Usage }
  | { readonly kind: 'question'; readonly question: string; readonly options: readonly string[]; readonly usage: Usage }
  | { readonly kind: 'failed'; readonly reason: ModelFailureCode | 'invalid-plan'; readonly repairs: readonly Repair[]; readonly diagnostics: readonly DiagnosticDto[]; readonly usage: Usage };

/** What happens on the way, for people who watch. */
export type ModelEvent =
  | { readonly type: 'model.tools'; readonly tools: readonly string[] }
  | { readonly type: 'model.plan'; readonly plan: unknown }
  | { readonly type: 'model.diagnostics'; readonly diagnostics: readonly DiagnosticDto[] }
  | { readonly type: 'model.repair'; readonly repair: Repair }
  | { readonly type: 'model.failed'; readonly reason: string };

export interface ModelTurn {
  readonly tenantId: string;
  readonly message: NeutralText;
  readonly facts: FactSheet;
  readonly catalogue: Catalogue;
  readonly compile: Compile;
  readonly mayChange: boolean;
  /** Tools that the built-in rules would take; they are told first. */
  readonly likely: readonly string[];
  /** Outputs of earlier runs of the conversation; they enter the prompt as capped and redacted data only. */
  readonly outputs?: unknown;
  readonly signal: AbortSignal;
  readonly onEvent?: (event: ModelEvent) => void;
}

/** A model's plan for a message, checked, with at most {@link REPAIRS} repairs. All failures are values. */
export async function planWithModel(turn: ModelTurn, asking: Asking): Promise<ModelPlan> {
  const tools = offered(turn);
  const say = (event: ModelEvent): void => turn.onEvent?.(event);
  say({ type: 'model.tools', tools: tools.map((t) => t.name) });
  const schema = answerSchema(tools);
  const bounds = { tools: new Map(tools.map((t) => [t.name, t])), request: turn.message.text, facts: turn.facts, mayChange: turn.mayChange };
  const messages = briefing({ message: turn.message, tools, facts: turn.facts, ...(turn.outputs === undefined ? {} : { outputs: turn.outputs }) });
  const repairs: Repair[] = [];
  let usage = NO_USAGE;
  let conversation = messages;
  let before: { readonly plan: unknown; readonly diagnostics: readonly DiagnosticDto[] } | undefined;
  for (;;) {
    const asked = await askModel({ tenantId: turn.tenantId, messages: conversation, schema, signal: turn.signal }, asking);
    usage = summed(usage, asked.usage);
    if (!asked.ok) {
      say({ type: 'model.failed', reason: asked.failure.code });
      return { kind: 'failed', reason: asked.failure.code, repairs, diagnostics: before?.diagnostics ?? [], usage };
    }
    const { value } = asked;
    if (value['kind'] === 'question' && typeof value['question'] === 'string') return { kind: 'question', question: value['question'].slice(0, 500), options: textsOf(value['options']), usage };
    const plan = value['plan'] ?? (Array.isArray(value['steps']) ? value : undefined);
    const guarded = guardPlan(plan, bounds);
    const found = guarded.plan ? turn.compile(guarded.plan) : guarded.diagnostics;
    const errors = found.filter((d) => d.severity === 'error');
    if (guarded.plan) say({ type: 'model.plan', plan: guarded.plan });
    if (before) {
      const repair: Repair = { diagnostics: before.diagnostics, patch: jsonPatch(before.plan, guarded.plan ?? shown(plan)) };
      repairs.push(repair);
      say({ type: 'model.repair', repair });
    }
    if (guarded.plan && errors.length === 0) return { kind: 'plan', plan: guarded.plan, repairs, warnings: found, dropped: guarded.dropped, usage };
    say({ type: 'model.diagnostics', diagnostics: errors });
    if (repairs.length >= REPAIRS) return { kind: 'failed', reason: 'invalid-plan', repairs, diagnostics: errors, usage };
    before = { plan: guarded.plan ?? shown(plan), diagnostics: errors };
    conversation = [...messages, ...repairing({ kind: 'plan', plan: before.plan }, errors)];
  }
}

/** The tools that the rules would take and those nearest to the message, then others; the asset query is always among them, since hosts are found with it. */
function offered({ catalogue, message, mayChange, likely }: ModelTurn): CatalogueTool[] {
  const first = ['asset-query', ...likely].flatMap((name) => catalogue.tools.get(name) ?? []);
  const found = [...first, ...catalogue.search(message.text, 60), ...catalogue.tools.values()].filter((t) => mayChange || t.effect === 'read');
  return [...new Set(found)].slice(0, OFFERED_TOOLS);
}

/** A plan that was refused, as far as it may be shown: without values under names of secrets, and cut when it is huge. */
function shown(plan: unknown): unknown {
  const text = JSON.stringify(plan, (key, v: unknown) => (mayNameSecret(key) ? REDACTED : v)) ?? 'null';
  return text.length > 20_000 ? null : JSON.parse(text) as unknown;
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((v): v is string => typeof v === 'string').slice(0, 5).map((v) => v.slice(0, 100)) : [];
}
