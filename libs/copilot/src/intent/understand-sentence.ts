import type { Catalogue, CatalogueTool } from '../catalogue/catalogue.js';
import type { FactSheet } from '../facts/facts.js';
import { exceptionAt, readSelection } from '../slots/read-selection.js';
import { readSlot } from '../slots/read-slots.js';
import { furtherServices } from '../slots/service.js';
import { thresholdIn } from '../slots/threshold.js';
import { isNamed, isSelective, narrows, type Selection } from '../slots/selection.js';
import { templateOfTool } from '../templates/tool-template.js';
import type { SlotValue, Template } from '../templates/template.js';
import { showable } from '../text/neutral-text.js';
import type { Sentence } from '../text/sentence.js';
import { assetQuestionOf } from './asset-question.js';
import { changeOf, changingVerb, speaksOfChange } from './changing-verbs.js';
import { asksForSecret } from './guards.js';
import type { ActionIntent, Intent } from './intent.js';
import { leftOver } from './left-over.js';
import { moodOf, type Mood } from './mood.js';
import { productQuestionOf } from './product-question.js';
import { readingActionOf } from './reading-actions.js';

export interface Understanding {
  readonly facts: FactSheet;
  readonly catalogue: Catalogue;
  readonly templates: readonly Template[];
  readonly now: Date;
}

/** What one sentence wants. A change needs a request that begins with its verb; everything else is at most read. */
export function understandSentence(sentence: Sentence, context: Understanding): Intent {
  const mood = moodOf(sentence);
  if (asksForSecret(sentence.text, mood.rest)) return { kind: 'refuse', reason: 'secret', about: sentence.text };
  const wanted = mood.kind === 'request' || mood.kind === 'hedged';
  const called = wanted ? calledTool(sentence, mood, context) : undefined;
  const own = called !== undefined && called.effect !== 'read' ? changeOf(mood.rest, select(sentence.plain, context, false), context.facts) : undefined;
  if (called && (own === undefined || own.action === 'run-command')) return toolIntent(called, { sentence, mood, context });
  const verb = wanted ? changingVerb(mood.rest) : undefined;
  if (verb !== undefined) {
    const change = understandChange(verb, { sentence, mood, context });
    if (change) return change;
  }
  if (mood.kind === 'negated' && (/^(?:don't|dont|do not|never|no|not|avoid|refrain|stop|under no|there is no|nobody|no one|without|cancel|abort|forget|skip|please)\b/.test(mood.rest) || speaksOfChange(mood.rest) || changingVerb(mood.rest) !== undefined)) return { kind: 'tell', topic: 'negated', about: sentence.text };
  if (mood.kind !== 'question' && REPORTS_SPEECH.test(mood.rest)) return speaksOfChange(sentence.text) ? { kind: 'tell', topic: 'about-change', about: sentence.text } : { kind: 'refuse', reason: 'unknown', about: sentence.text };
  const product = productQuestionOf(mood.rest, context.catalogue);
  if (product && !(product.kind === 'tell' && product.topic === 'how-to' && !speaksOfChange(mood.rest) && readingActionOf(mood.rest) !== undefined && isSelective(select(sentence.plain, context, true)))) return product;
  if (mood.kind === 'hypothetical') return { kind: 'tell', topic: 'hypothetical', about: sentence.text };
  const asksWhich = /^(?:which|what|how many|how much|list|show|find|search|grep|check|get|look|display|count|number)\b/.test(mood.rest);
  const mentions = speaksOfChange(asksWhich ? mood.rest.replace(/\b(?:tagged|labell?ed|tags?|installed|patch(?:ed)?|updated?|stopp?ed|started|created|added|registered|failed|closed|open)\b/g, ' ') : mood.rest.replace(/^(?!was|were|who|when|has|have|had|did|why)(.*)\b(?:tagged|labell?ed)\b/, '$1').replace(/\bpatch(?:es|ed)?\b|\b(?:services?|updates?) (?:is |are )?(?:stopped|started|installed)\b/g, ' '));
  const boot = /\b(?:last|latest) (?:re)?boot(?:ed)?\b|\bwhen\b.*\b(?:re)?booted\b/.test(mood.rest);
  if (mentions && !boot && !(asksWhich && mood.kind === 'request' && readingActionOf(mood.rest) !== undefined)) return { kind: 'tell', topic: 'about-change', about: sentence.text };
  return understandReading({ sentence, mood, context }) ?? { kind: 'refuse', reason: 'unknown', about: sentence.text };
}

/** What somebody or something else says is no request. */
const REPORTS_SPEECH = /^(?:the|a|an|this|that|my|our|it|he|she|they|someone)\s*(?:\S+\s+){0,3}?(?:says?|said|shows?|reads?|claims?|told|wants?|contains?|printed|prints)\b/;

interface Said { readonly sentence: Sentence; readonly mood: Mood; readonly context: Understanding }

function understandReading({ sentence, mood, context }: Said): Intent | undefined {
  const selection = select(sentence.plain, context, true);
  // What somebody added for these very words comes before what everybody has.
  const phrase = templateByPhrase(mood, context, false);
  if (phrase) return actionIntent(phrase.action, { sentence, selection, context, doubts: [], changes: false });
  const bound = thresholdIn(sentence.plain);
  // `which hosts are over 80 % full?` names no report; the inventory has no such figures.
  const action = readingActionOf(mood.rest) ?? (bound !== null && (bound.of === 'free' || bound.of === 'used') ? 'disk-report' : undefined);
  if (bound !== null && action === undefined) return undefined;
  const question = assetQuestionOf(mood.rest.replace(/^(?:me|us)\s+/, ''), selection, context.now);
  const inventoryFirst = question !== undefined && (question.kind === 'groups' || question.kind === 'exists' && action !== 'disk-report' && !/\bports?\b/.test(mood.rest) || (question.kind === 'count' && action === undefined) || (question.kind === 'value' && (action === undefined || /\bip\b|\baddress\b|operating system|\bwhere\b|\btags?\b|\blocation\b|\benvironment\b/.test(mood.rest) && !/\bdns\b|\bping|\brecords?\b/.test(mood.rest))) || (selection.statuses.length > 0 && /\b(?:are|is|in|all|list|show|which|the)\b/.test(mood.rest) && !/\bservices?\b/.test(mood.rest) && (action === 'service-health' || action === undefined)));
  const service = action === 'service-health' && !inventoryFirst ? readSlot('service', { sentence, selection, now: context.now }) : undefined;
  if (action === 'service-health' && !inventoryFirst && service === undefined && isNamed(selection) && /\b(?:up|down|alive|running)\b/.test(mood.rest)) return actionIntent('ping', { sentence, selection, context, doubts: [], changes: false });
  if (action !== undefined && !inventoryFirst && (action !== 'service-health' || service !== undefined || /\bservices?\b|\bsystemd\b/.test(mood.rest))) return actionIntent(action, { sentence, selection, context, doubts: [], changes: false });
  return question && { kind: 'assets', question };
}

function understandChange(verb: string, { sentence, mood, context }: Said): Intent | undefined {
  const whole = select(sentence.plain, context, false);
  const change = changeOf(mood.rest, whole, context.facts);
  const action = change?.action;
  // `run` and the like with the name of something that only reads, such as `run a disk report`.
  if (action === 'run-command' && sentence.quotes.length === 0 && !/\b(?:command|cmd|powershell|script)\s*:/.test(mood.rest)) {
    const reading = readingActionOf(mood.rest);
    if (reading !== undefined && !/^\w+\s+(?:\S+\s+){0,1}-\w/.test(mood.rest)) return undefined;
  }
  const doubts = doubtsOf(sentence, mood, change?.doubt);
  if (action === undefined) {
    const phrase = templateByPhrase(mood, context, true);
    if (phrase) return actionIntent(phrase.action, { sentence, selection: whole, context, doubts, changes: true });
    const tools = context.catalogue.withVerb(verb).filter((t) => namesObject(t, mood.rest, whole));
    if (tools.length > 0) return toolIntent(nearestOf(tools, mood.rest, context.catalogue), { sentence, mood, context });
    return { kind: 'refuse', reason: 'unsupported', about: sentence.text };
  }
  const selection = change!.cover === null ? whole : select(sentence.plain.replace(new RegExp(escaped(change!.cover), 'i'), (c) => ` ${'\u25A1'.repeat(Math.max(c.length - 2, 0))} `), context, false);
  const read = actionIntent(action, { sentence, selection: tailSelection(selection, change!.cover, sentence, context), context, doubts, changes: true });
  const intent = { ...read, values: { ...read.values, ...change!.values } };
  // Hosts can be left out of a change; of anything else the opposite would be done.
  if (isOfException(intent, sentence)) return { kind: 'refuse', reason: 'unsupported', about: sentence.text };
  return { ...intent, doubts: [...intent.doubts, ...lossesOf(intent, { sentence, mood, context })] };
}

/** Whether a value of a change stands only in what is to be left out. */
function isOfException({ values }: ActionIntent, { plain }: Sentence): boolean {
  const at = exceptionAt(plain);
  const [kept, excepted] = [plain.slice(0, at).toLowerCase(), plain.slice(at).toLowerCase()];
  return Object.values(values).some((v) => typeof v === 'string' && excepted.includes(v.toLowerCase()) && !kept.includes(v.toLowerCase()));
}

/** What would get lost in a change: words that nothing was made of. */
function lossesOf(intent: ActionIntent, { sentence, mood, context }: Said): string[] {
  const words = leftOver(mood.rest, { ...intent, values: { ...intent.values, ...furtherOf(intent, sentence) } }, context.templates);
  return words.length > 0 ? [`I make nothing of "${showable(words.join(' '))}".`] : [];
}

function furtherOf(intent: ActionIntent, sentence: Sentence): Record<string, SlotValue> {
  const { service } = intent.values;
  return typeof service === 'string' ? { further: [...furtherServices(sentence, intent.selection, service).names] } : {};
}

/** In `add tag x to web-01` the assets stand in the covered part's tail; it is read again when nothing was found outside. */
function tailSelection(selection: Selection, cover: string | null, sentence: Sentence, context: Understanding): Selection {
  if (cover === null || isSelective(selection) || selection.unknownHosts.length > 0) return selection;
  const at = sentence.plain.toLowerCase().indexOf(cover.toLowerCase());
  const tail = at < 0 ? '' : `on ${sentence.plain.slice(at + cover.length)}`;
  return tail === '' ? selection : select(tail, context, false);
}

const TAKEN_BACK = /\b(?:just kidding|(?:only|just) (?:joking|a joke)|kidding|joking|jk|on second thoughts?|scratch that|never ?mind|or maybe|actually wait|wait|hmm)\b/;
const EITHER = /\b(?:on|at|for|in)\b.*\bor\b/;

function doubtsOf(sentence: Sentence, mood: Mood, doubt: string | undefined): string[] {
  return [
    ...(mood.kind === 'hedged' ? [sentence.asks ? 'You asked; you did not tell me to do it.' : 'It sounds like a thought more than a request.'] : []),
    ...(mood.later ? ['It depends on a condition or a time. I can only do it once, now, after approval.'] : []),
    ...(TAKEN_BACK.test(mood.rest) ? ['You may have taken it back.'] : []),
    ...(EITHER.test(mood.rest) ? ['You said "or": I would do it on all that you named.'] : []),
    ...(doubt === undefined ? [] : [doubt]),
  ];
}

/** `which hosts ...?` asks about all of them. */
const ASKS_ALL = /^\W*(?:(?:please|show me|list|tell me|find)\s+)?(?:which|what|any)\s+(?:of\s+(?:the|our|my)\s+)?(?:servers?|hosts?|machines?|assets?|nodes?|systems?|computers?|boxes|vms?)\b/i;

interface ToIntent { readonly sentence: Sentence; readonly selection: Selection; readonly context: Understanding; readonly doubts: readonly string[]; readonly changes: boolean }

function actionIntent(action: string, { sentence, selection, context, doubts, changes }: ToIntent): ActionIntent {
  const values: Record<string, SlotValue> = {};
  for (const template of context.templates) {
    if (template.action !== action) continue;
    for (const [name, value] of Object.entries(valuesFor(template, { sentence, selection, now: context.now }))) values[name] ??= value;
  }
  const mixed = changes && selection.hosts.length + selection.ips.length > 0 && narrows(selection) && !isNamed(selection) && selection.tags.length + selection.cidrs.length > 0;
  return { kind: 'action', action, changes, values, selection: !changes && !isSelective(selection) && selection.unknownHosts.length === 0 && ASKS_ALL.test(sentence.plain) ? { ...selection, all: true } : selection, threshold: changes ? null : thresholdIn(sentence.plain), doubts: mixed && action !== 'asset-create' ? [...doubts, 'You named single hosts and a group. I read it as those of the named hosts that are in the group.'] : doubts, afterPrevious: false };
}

/** The values of a template's slots that a sentence gives. */
export function valuesFor(template: Template, reading: { readonly sentence: Sentence; readonly selection: Selection; readonly now: Date }): Record<string, SlotValue> {
  const values: Record<string, SlotValue> = {};
  for (const [name, spec] of Object.entries(template.slots)) {
    const choice = spec.type === 'text' ? spec.options?.find((o) => new RegExp(`\\b${escaped(o)}\\b`, 'i').test(reading.sentence.plain)) : undefined;
    const assigned = new RegExp(`\\b${escaped(name)}\\s*[=:]\\s*([\\w./:@-]{1,200})`, 'i').exec(reading.sentence.plain)?.[1];
    const value = choice ?? (template.action.startsWith('tool:') ? assigned : undefined) ?? readSlot(spec.type, reading);
    if (value !== undefined) values[name] = value;
  }
  return values;
}

/** A tool that is called by its own name: `Get-HotFix on ...`, `run nmap on ...`. */
function calledTool(sentence: Sentence, mood: Mood, { catalogue }: Understanding): CatalogueTool | undefined {
  const words = sentence.plain.split(/[\s,;?!]+/);
  const begins = /^(?:use|call|invoke|run|execute|start)?\s*(?:the\s+|tool\s+)*([\w-]+)/.exec(mood.rest)?.[1];
  const tool = words.filter((w) => /^[A-Za-z]+[-_][A-Za-z_-]+$/.test(w)).map((w) => catalogue.named(w)).find((t) => t !== undefined);
  if (!tool) return undefined;
  return tool.effect === 'read' || catalogue.named(begins ?? '') === tool ? tool : undefined;
}

function toolIntent(tool: CatalogueTool, { sentence, mood, context }: Said): ActionIntent {
  const changes = tool.effect !== 'read';
  const template = templateOfTool(tool);
  const plain = sentence.plain.replace(new RegExp(escaped(tool.name), 'i'), (c) => ' '.repeat(c.length));
  const selection = select(plain, context, !changes);
  return {
    kind: 'action', action: template.action, changes, selection, afterPrevious: false,
    values: valuesFor(template, { sentence: { ...sentence, plain }, selection, now: context.now }), doubts: changes ? doubtsOf(sentence, mood, undefined) : [],
  };
}

/** Whether what a tool acts on, by its name (`block-ip`), is spoken of. */
function namesObject(tool: CatalogueTool, text: string, selection: Selection): boolean {
  const objects = tool.name.toLowerCase().split(/[-_]/).slice(1);
  return objects.length === 0 || objects.some((o) => new RegExp(`\\b${escaped(o)}s?\\b`).test(text) || (/^(?:ip|address)$/.test(o) && selection.ips.length > 0) || (/^(?:host|asset|machine)$/.test(o) && selection.hosts.length > 0));
}

function nearestOf(tools: readonly CatalogueTool[], text: string, catalogue: Catalogue): CatalogueTool {
  const best = catalogue.search(text, 12).find((t) => tools.includes(t));
  return best ?? tools[0]!;
}

const CONTENT = /^(?:the|a|an|of|on|for|in|at|to|all|and|me|my|please|with|from|by|show|give|get)$/;

/** A template whose phrase stands in the request; one that changes something must begin with the phrase's own first word. */
function templateByPhrase(mood: Mood, { templates }: Understanding, changes: boolean): Template | undefined {
  const said = new Set(mood.rest.split(/[^\p{L}\p{N}-]+/u));
  const first = mood.rest.split(/\s/)[0];
  return templates.find((t) => t.phrases.some((phrase) => {
    const words = phrase.toLowerCase().split(/[^\p{L}\p{N}-]+/u).filter((w) => w !== '' && !CONTENT.test(w));
    return words.length >= 2 && words.every((w) => said.has(w)) && (!changes || phrase.toLowerCase().split(/\s/)[0] === first);
  }));
}

/** Negated properties (`not in production`, `non-production`) leave assets out, in questions only. */
function select(plain: string, context: Understanding, reads: boolean): Selection {
  const text = reads
    ? plain.replace(/\b(?:(?:that|which|who)\s+)?(?:(?:is|are|isn't|aren't)\s+)?(?:not|(?<=n't))\s+(?:(?:in|located in|running|part of|under)\s+)?(?=(?:the\s+)?(?:tagged|labelled|active|inactive|maintenance|decommissioned|production|prod|staging|development|dev|office|test)\b)/gi, ' except ')
      .replace(/\bwithout\s+(?:the\s+)?(?:tag|label)\s+/gi, ' except tagged ').replace(/^(.*?)\bnon-(production|prod|staging)\b(.*)$/i, '$1 $3 except $2')
    : plain;
  return readSelection(text, context.facts);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
