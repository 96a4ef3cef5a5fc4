import type { Catalogue } from '../catalogue/catalogue.js';
import type { InventoryFacts } from '../facts/facts.js';
import { NEW_CONVERSATION } from '../conversation/state.js';
import { respond } from '../conversation/respond.js';
import type { Situation } from '../conversation/situation.js';
import type { Reply } from '../conversation/reply.js';
import type { Intent } from '../intent/intent.js';
import { wordsToLookUp } from '../intent/understand.js';
import { neutralText } from '../text/neutral-text.js';
import type { Template } from '../templates/template.js';
import type { Outcome, Phrasing } from './phrasing.js';

export interface Miss {
  readonly phrasing: Phrasing;
  readonly outcome: Outcome;
  readonly intent: string | undefined;
  readonly slots: Readonly<Record<string, unknown>>;
  readonly wrong: readonly ('outcome' | 'intent' | 'slots')[];
}

/** Scores of one class: how many of its phrasings had the outcome, the intent and the slots that were expected. */
export interface ClassScore {
  readonly outcome: Outcome;
  readonly total: number;
  readonly outcomes: number;
  readonly intents: number;
  readonly slots: number;
}

export interface Evaluation {
  readonly total: number;
  readonly right: number;
  readonly classes: readonly ClassScore[];
  readonly misses: readonly Miss[];
  /** Phrasings that became a plan that changes something though they must not, or another change than the one asked for. Must be none. */
  readonly wrongChanges: readonly Miss[];
}

export interface EvaluationSetup {
  readonly facts: InventoryFacts;
  readonly catalogue: Catalogue;
  readonly templates: readonly Template[];
  readonly now: Date;
  readonly compile?: NonNullable<Situation['compile']>;
}

/** Reads every phrasing as the first message of a conversation and compares. */
export async function evaluate(phrasings: readonly Phrasing[], setup: EvaluationSetup): Promise<Evaluation> {
  const misses: Miss[] = [];
  const wrongChanges: Miss[] = [];
  const scores = new Map<Outcome, { total: number; outcomes: number; intents: number; slots: number }>();
  for (const phrasing of phrasings) {
    const facts = await setup.facts.lookUp('evaluation', wordsToLookUp(neutralText(phrasing.say).text));
    const reply = respond(phrasing.say, NEW_CONVERSATION, { ...setup, facts });
    const outcome = outcomeOf(reply);
    const [first] = reply.intents;
    const intent = first && keyOf(first);
    const slots = first ? flat(first) : {};
    const rightOutcome = outcome === phrasing.outcome;
    const rightIntent = phrasing.intent === undefined || phrasing.intent === intent;
    const rightSlots = Object.entries(phrasing.slots ?? {}).every(([k, v]) => same(slots[k], v));
    const score = scores.get(phrasing.outcome) ?? { total: 0, outcomes: 0, intents: 0, slots: 0 };
    scores.set(phrasing.outcome, { total: score.total + 1, outcomes: score.outcomes + Number(rightOutcome), intents: score.intents + Number(rightIntent), slots: score.slots + Number(rightSlots) });
    const wrong = [...(rightOutcome ? [] : ['outcome' as const]), ...(rightIntent ? [] : ['intent' as const]), ...(rightSlots ? [] : ['slots' as const])];
    const miss: Miss = { phrasing, outcome, intent, slots, wrong };
    if (wrong.length > 0) misses.push(miss);
    if (outcome === 'act' && (phrasing.outcome !== 'act' || !rightIntent || !rightSlots)) wrongChanges.push(miss);
  }
  return { total: phrasings.length, right: phrasings.length - misses.length, classes: [...scores].map(([outcome, s]) => ({ outcome, ...s })), misses, wrongChanges };
}

function outcomeOf(reply: Reply): Outcome {
  if (reply.kind === 'plan') return reply.changes ? 'act' : 'read';
  if (reply.kind === 'question') return 'ask';
  const [first] = reply.intents;
  return first?.kind === 'tell' ? 'tell' : 'refuse';
}

function keyOf(intent: Intent): string {
  switch (intent.kind) {
    case 'action': return intent.action;
    case 'assets': return intent.question.kind === 'assets' ? 'asset-list' : `asset-${intent.question.kind}`;
    case 'tell': return intent.topic;
    case 'refuse': return intent.reason;
  }
}

/** Slots under the names that phrasings use; texts in lower case. */
function flat(intent: Intent): Record<string, unknown> {
  if (intent.kind !== 'action' && intent.kind !== 'assets') return {};
  const s = intent.kind === 'action' ? intent.selection : intent.question.selection;
  const values = intent.kind === 'action' ? intent.values : { field: intent.question.field, by: intent.question.field };
  return {
    hosts: s.hosts, tags: s.tags, environment: s.environments[0], status: s.statuses[0], location: s.locations[0], os: s.os, ip: s.ips[0], cidr: s.cidrs[0], name: s.namePrefix ?? s.nameContains, except: s.exceptHosts, all: s.all,
    ...(intent.kind === 'action' ? { name: values['domain'] ?? s.namePrefix ?? s.nameContains } : {}), ...values,
  };
}

function same(found: unknown, wanted: unknown): boolean {
  const plain = (v: unknown): string => JSON.stringify(v ?? null).toLowerCase();
  return plain(found) === plain(wanted);
}
