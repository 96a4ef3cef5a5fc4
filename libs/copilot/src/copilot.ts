import type { Catalogue } from './catalogue/catalogue.js';
import type { Reply } from './conversation/reply.js';
import { LONGEST_MESSAGE, respond } from './conversation/respond.js';
import type { Situation } from './conversation/situation.js';
import { NEW_CONVERSATION, type ConversationState } from './conversation/state.js';
import type { InventoryFacts } from './facts/facts.js';
import type { Intent } from './intent/intent.js';
import { wordsToLookUp } from './intent/understand.js';
import { NO_USAGE, type Usage } from './model/accounting.js';
import type { Asking } from './model/ask-model.js';
import { planWithModel, type ModelEvent, type Repair } from './model/plan-with-model.js';
import type { Compile } from './plan/choose-templates.js';
import type { Json } from './plan/plan-document.js';
import { optimise } from './plan/optimise.js';
import { toolsOf } from './templates/instantiate.js';
import type { Template } from './templates/template.js';
import type { TemplateStore } from './templates/template-store.js';
import { neutralText, showable } from './text/neutral-text.js';

/** What the copilot is given. */
export interface CopilotParts {
  readonly facts: InventoryFacts;
  readonly templates: TemplateStore;
  /** The catalogue now; the same object as long as nothing was registered, since it is indexed. */
  readonly catalogue: () => Promise<Catalogue>;
  readonly compile: Compile;
  readonly now: () => Date;
  /** Left out: only the built-in planner. */
  readonly model?: Asking;
}

export interface Message {
  readonly tenantId: string;
  readonly text: string;
  /** As the last reply gave it; left out for a new conversation. */
  readonly state?: ConversationState;
  /** Outputs of earlier runs of the conversation, for the model only. */
  readonly outputs?: unknown;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: CopilotEvent) => void;
}

/** The way to a plan, told while it is gone. */
export type CopilotEvent =
  | { readonly type: 'understood'; readonly as: readonly string[]; readonly source: string | null }
  | { readonly type: 'template'; readonly template: string; readonly version: number }
  | { readonly type: 'rejected'; readonly template: string; readonly reason: string }
  | ModelEvent;

/** A reply with what a model had to do with it. */
export type CopilotReply = Reply & { readonly usage: Usage; readonly repairs: readonly Repair[]; /** JSON pointers of credentials taken out of a model's plan. */ readonly dropped: readonly string[] };

/**
 * One message to one reply.
 * 1. The built-in rules read every message first. What they take for a no, a what-if, a question about the product or a secret is answered without a model.
 * 2. What the rules must ask about a change is asked; a model can not answer in the person's place.
 * 3. A model may plan the rest. It can change something only where the rules saw an explicit request for a change.
 * 4. Without a usable plan from the model, the built-in reply stands.
 */
export class Copilot {
  constructor(private readonly parts: CopilotParts) {}

  async reply({ tenantId, text, state = NEW_CONVERSATION, outputs, signal = new AbortController().signal, onEvent }: Message): Promise<CopilotReply> {
    const { facts, templates, compile, now, model } = this.parts;
    const neutral = neutralText(text.slice(0, LONGEST_MESSAGE));
    const [catalogue, sheet, usable] = await Promise.all([this.parts.catalogue(), facts.lookUp(tenantId, wordsToLookUp(neutral.text, state)), templates.usable(tenantId)]);
    const situation: Situation = { facts: sheet, catalogue, templates: usable, now: now(), compile };
    const own = respond(text, state, situation);
    tell(own, onEvent);
    if (!model || state.pending !== null || !leavesRoom(own)) return { ...own, usage: NO_USAGE, repairs: [], dropped: [] };
    const mayChange = asksForChange(own.intents);
    const made = await planWithModel({ tenantId, message: neutral, facts: sheet, catalogue, compile, mayChange, signal, likely: likelyTools(own, usable), ...(outputs === undefined ? {} : { outputs }), ...(onEvent === undefined ? {} : { onEvent }) }, model);
    const { usage } = made;
    if (made.kind === 'plan') {
      const better = optimise(made.plan, [], catalogue);
      const changes = better.plan.steps.some((s) => catalogue.tools.get(s.tool)?.effect !== 'read');
      return {
        kind: 'plan', message: `${changes ? 'To be approved' : 'Reading'}, as planned by a model: ${showable(better.plan.name)}.`, plan: better.plan, answers: better.plan.steps.map((s) => ({ kind: 'table', step: s.id, subject: s.tool, columns: [] })), changes,
        notes: made.dropped.length > 0 ? ['Credentials were left out of the plan: they come from the asset store.'] : [],
        state: { ...NEW_CONVERSATION, focus: own.state.focus }, intents: own.intents, usage, repairs: made.repairs, dropped: made.dropped,
        generation: { ...own.generation, source: 'model', matched: [], optimised: better.changes },
      };
    }
    if (made.kind === 'question' && own.kind === 'answer') {
      return { kind: 'question', message: showable(made.question), options: made.options.map((o) => ({ label: showable(o), value: o })), state: { ...NEW_CONVERSATION, focus: own.state.focus }, intents: own.intents, generation: own.generation, usage, repairs: [], dropped: [] };
    }
    return { ...own, usage, repairs: made.kind === 'failed' ? made.repairs : [], dropped: [] };
  }
}

/** Whether a model may try: a plan of the built-in rules, or something that they did not understand or have no template for. */
function leavesRoom(own: Reply): boolean {
  if (own.kind === 'question') return false;
  if (own.kind === 'plan') return true;
  const [first] = own.intents;
  return first === undefined || first.kind === 'action' || (first.kind === 'refuse' && first.reason !== 'secret');
}

/** Tools of the built-in plan, or of the templates that were looked at. */
function likelyTools(own: Reply, templates: readonly Template[]): string[] {
  if (own.kind === 'plan') return own.plan.steps.map((s) => s.tool);
  return own.generation.rejected.flatMap((r) => toolsOf((templates.find((t) => t.id === r.template)?.steps ?? []) as Json));
}

/** An explicit request for a change, without any doubt about it. */
function asksForChange(intents: readonly Intent[]): boolean {
  return intents.some((i) => (i.kind === 'action' && i.changes && i.doubts.length === 0) || (i.kind === 'refuse' && i.reason === 'unsupported'));
}

function tell({ generation }: Reply, onEvent: Message['onEvent']): void {
  onEvent?.({ type: 'understood', as: generation.understood, source: generation.source });
  for (const m of generation.matched) onEvent?.({ type: 'template', ...m });
  for (const r of generation.rejected) onEvent?.({ type: 'rejected', template: r.template, reason: r.reason });
}
