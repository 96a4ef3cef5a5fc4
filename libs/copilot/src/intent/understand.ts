import type { Sentence } from '../text/sentence.js';
import { sentencesOf } from '../text/sentence.js';
import { isSelective } from '../slots/selection.js';
import { NEW_CONVERSATION, type ConversationState } from '../conversation/state.js';
import type { NeutralText } from '../text/neutral-text.js';
import { changingVerb } from './changing-verbs.js';
import { triesToTakeOver } from './guards.js';
import type { ActionIntent, Intent } from './intent.js';
import { moodOf } from './mood.js';
import { several } from './several.js';
import { understandSentence, type Understanding } from './understand-sentence.js';

/** Most sentences of a message, and most of what they may want: of more nothing is done, since a part of it would get lost. */
const PARTS = 24;
const WISHES = 8;

const READING_HEAD = String.raw`show|list|get|give|tell|report|check|find|search|look|scan|ping|trace|traceroute|resolve|display|count|monitor|verify|test|see|inspect|analy[sz]e|audit|measure|query|lookup|fetch|capture`;
const CLAUSE = new RegExp(String.raw`(?:\s*,?\s+and\s+(then\s+)?|\s*,?\s+(then)\s+|\s*,\s*(then\s+)?)(?:also\s+|please\s+|afterwards\s+)?(?=([a-z]+)\b)`, 'gi');
const HEAD = new RegExp(`^(?:${READING_HEAD})$`);
const ASIDE = /^(?=(?:go ahead|hi|hello|hey|thanks|thank you|please|thx|cheers|good|ok(?:ay)?|great|sorry|urgent|asap|quick)\b)(?:(?:go ahead|hi|hello|hey|thanks|thank you|please|thx|cheers|good (?:morning|afternoon|evening)|ok(?:ay)?|great|sorry|urgent|asap|quick(?: one)?|there|all|team|copilot|opsmesh|a lot|so much|in advance|everyone)(?:[\s,!.]+|$))+$/i;

/**
 * What a message wants, part by part. It is one intent for most messages. A change stands alone or among parts that all want something in the same breath;
 * beside sentences that say something else it is asked for first. Beside what only reads, parts that were not understood come last.
 */
export function understand(message: NeutralText, context: Understanding): Intent[] {
  if (triesToTakeOver(message.text)) return [{ kind: 'tell', topic: 'suspicious', about: message.text }];
  const sentences = sentencesOf(message.text).filter((s) => !ASIDE.test(s.text));
  if (sentences.length > PARTS) return [{ kind: 'refuse', reason: 'too-much', about: message.text }];
  if (sentences.length === 0) return [{ kind: 'tell', topic: 'small-talk', about: message.text }];
  const read = sentences.map((s) => understandClauses(s, context));
  const all = read.flat();
  const secret = all.find((i) => i.kind === 'refuse' && i.reason === 'secret');
  if (secret) return [secret];
  const wishes = all.filter((i) => i.kind === 'action' || i.kind === 'assets');
  if (wishes.length > WISHES) return [{ kind: 'refuse', reason: 'too-much', about: message.text }];
  const changes = all.filter((i): i is ActionIntent => i.kind === 'action' && i.changes);
  if (changes.length === 0) return wishes.length > 0 ? [...wishes, ...all.filter((i) => i.kind === 'refuse')] : [all.find((i) => i.kind !== 'refuse') ?? all[0]!];
  const unsupported = all.find((i) => i.kind === 'refuse' && i.reason === 'unsupported');
  if (unsupported) return [unsupported];
  const taken = all.find((i) => i.kind === 'tell' && (i.topic === 'negated' || i.topic === 'hypothetical'));
  if (taken) return [taken];
  const others = all.filter((i) => i.kind === 'refuse' || (i.kind === 'tell' && i.topic !== 'small-talk')).length;
  const doubt = [
    ...(others > 0 || sentences.length > 1 ? ['Your message says more than this one request.'] : []),
    ...(message.hidden.length > 0 ? [`Your message holds hidden characters (${message.hidden.join(', ')}).`] : []),
    ...(message.mixed.length > 0 ? ['Your message holds letters that only look like others.'] : []),
  ];
  return wishes.map((i) => (i.kind === 'action' && i.changes ? { ...i, doubts: [...i.doubts, ...doubt] } : i));
}

/** The parts of a sentence that begin with a verb of their own: `restart nginx on a and then ping b`. */
function understandClauses(sentence: Sentence, context: Understanding): Intent[] {
  const mood = moodOf(sentence);
  const cuts = mood.kind === 'request' || mood.kind === 'hedged'
    ? [...sentence.plain.matchAll(CLAUSE)].filter((m) => HEAD.test(m[4]!.toLowerCase()) || changingVerb(sentence.plain.slice(m.index + m[0].length).toLowerCase()) !== undefined)
    : [];
  const asides = cuts.findIndex((c) => !ASIDE.test(sentence.plain.slice(0, c.index)));
  cuts.splice(0, asides < 0 ? cuts.length : asides);
  if (cuts.length === 0) return several(understandSentence(sentence, context), { sentence, rest: mood.rest, context });
  const intents: Intent[] = [];
  let start = 0;
  for (const [n, cut] of [...cuts, undefined].entries()) {
    const end = cut?.index ?? sentence.plain.length;
    const clause = partOf(sentence, start, end);
    const part = understandSentence(clause, context);
    const before = intents.findLast((i): i is ActionIntent => i.kind === 'action');
    const then = cuts[n - 1];
    const only = part.kind === 'action' && before
      ? { ...part, afterPrevious: part.changes || before.changes || (then?.[1] ?? then?.[2] ?? then?.[3]) !== undefined, doubts: mood.kind === 'hedged' && part.changes && part.doubts.length === 0 ? before.doubts : part.doubts, ...(isSelective(part.selection) || part.selection.unknownHosts.length > 0 ? {} : { selection: { ...before.selection, pointsBack: false } }) }
      : part;
    intents.push(...several(only, { sentence: clause, rest: moodOf(clause).rest, context }));
    start = end + (cut?.[0].length ?? 0);
  }
  return intents;
}

function partOf(sentence: Sentence, start: number, end: number): Sentence {
  return {
    text: sentence.text.slice(start, end), plain: sentence.plain.slice(start, end), asks: sentence.asks,
    quotes: sentence.quotes.filter((q) => q.start >= start && q.start < end).map((q) => ({ ...q, start: q.start - start, end: q.end - start })),
  };
}

/** What the inventory must be asked about for a message: its words that could name an asset, and the assets that the conversation is about. Lower case, each once. */
export function wordsToLookUp(text: string, state: ConversationState = NEW_CONVERSATION): string[] {
  const spokenOf = [state.focus, ...(state.pending?.intents ?? []).map((i) => i.selection)].flatMap((s) => (s === null ? [] : [...s.hosts, ...s.ips])).map((h) => h.toLowerCase());
  const words = text.toLowerCase().split(/[\s,;()[\]{}"'`!?]+/).map((w) => w.replace(/[.:]+$/, '').replace(/'s$/, '')).filter((w) => w.length >= 2 && w.length <= 253 && /^[a-z0-9_:][a-z0-9_.:-]*$/.test(w));
  const withoutPort = words.flatMap((w) => (/^[a-z0-9.-]+:\d{1,5}$/.test(w) ? [w.replace(/:\d+$/, '')] : []));
  return [...new Set([...words, ...withoutPort, ...spokenOf])].slice(0, 200);
}
