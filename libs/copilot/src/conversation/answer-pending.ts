import type { ActionIntent } from '../intent/intent.js';
import { triesToTakeOver } from '../intent/guards.js';
import { understand } from '../intent/understand.js';
import { readSelection } from '../slots/read-selection.js';
import { readSlot } from '../slots/read-slots.js';
import { isSelective, type Selection } from '../slots/selection.js';
import { durationIn, numberOf } from '../slots/times.js';
import type { SlotSpec, SlotType, SlotValue } from '../templates/template.js';
import type { NeutralText } from '../text/neutral-text.js';
import { sentencesOf } from '../text/sentence.js';
import type { Pending } from './state.js';
import type { Situation } from './situation.js';

/**
 * What a message is to an open question. `filled`: its answer; `dropped`: a no to the whole; `again`: nothing that could be read as an answer;
 * `other`: another subject, the question is forgotten.
 */
export type Taken =
  | { readonly kind: 'filled'; readonly intents: readonly ActionIntent[] }
  | { readonly kind: 'dropped' } | { readonly kind: 'again' } | { readonly kind: 'other' };

const YES = /^(?:y|yes|yep|yeah|yup|sure|ok(?:ay)?|confirm(?:ed)?|correct|right|exactly|do it|go ahead|please do|proceed|yes,? please|that'?s right|affirmative)[\s.!]*(?:do it|please|go ahead)?[\s.!]*$/i;
const NO = /^(?:n|no|nope|nah|cancel|stop|abort|never ?mind|forget it|forget about it|don'?t|do not|drop it|leave it|no thanks?|no,? thank you|not now|quit|exit|nothing)\b(?!.*\b(?:on|hosts?|servers?)\b)/i;
/** Answers that may miss the question before it is dropped. */
const MISSES = 3;

export function answerPending(text: NeutralText, pending: Pending, situation: Situation): Taken {
  const said = text.text;
  if (triesToTakeOver(said)) return { kind: 'other' };
  if (NO.test(said)) return { kind: 'dropped' };
  const intent = pending.intents[pending.index]!;
  const chosen = optionIn(said, pending);
  const filled = (changed: Partial<ActionIntent>): Taken => ({ kind: 'filled', intents: pending.intents.map((i, n) => (n === pending.index ? { ...i, ...changed } : i)) });
  if (pending.asked.kind === 'confirm') {
    if (YES.test(said)) return text.hidden.length + text.mixed.length > 0 ? { kind: 'again' } : filled({ doubts: [] });
    return isNewSubject(text, situation) ? { kind: 'other' } : missed(pending);
  }
  // A full request is a new subject, also while a question is open.
  if (chosen === undefined && isNewSubject(text, situation)) return { kind: 'other' };
  const answer = chosen ?? said;
  if (pending.asked.kind === 'targets') {
    const selection = targetsIn(answer, intent.selection, situation);
    return selection ? filled({ selection, values: { ...intent.values, ...endpointsIn(answer, intent, situation) } }) : missed(pending);
  }
  const value = valueIn(answer, pending.asked.spec, situation);
  return value === undefined ? missed(pending) : filled({ values: { ...intent.values, [pending.asked.slot]: value } });
}

/** The option that a message names by its number or its words. */
function optionIn(said: string, { options }: Pending): string | undefined {
  const number = /^(?:option\s+|number\s+|#)?(\d{1,2})[.)]?$/i.exec(said)?.[1];
  const byNumber = number === undefined ? undefined : options[Number(number) - 1];
  return (byNumber ?? options.find((o) => o.label.toLowerCase() === said.toLowerCase() || o.value.toLowerCase() === said.toLowerCase()))?.value;
}

function missed(pending: Pending): Taken {
  return pending.misses + 1 >= MISSES ? { kind: 'dropped' } : { kind: 'again' };
}

/** Whether a message stands for itself: it begins with a verb that does something, or asks something. */
function isNewSubject(text: NeutralText, situation: Situation): boolean {
  const [intent] = understand(text, situation);
  if (!intent || intent.kind === 'refuse') return intent?.kind === 'refuse' && intent.reason !== 'unknown';
  if (intent.kind === 'action') return intent.changes || /^(?:show|list|get|give|tell|report|check|find|search|scan|ping|trace|what|which|how|is|are|who|where|please|can|could)\b/i.test(text.text);
  if (intent.kind === 'assets') return /^(?:what|which|how many|how|who|where|is|are|do|does|list|show|find|count|give)\b/i.test(text.text);
  // `until tomorrow` is a try at an answer, not a question of what would be.
  return intent.topic !== 'small-talk' && !(intent.topic === 'hypothetical' && /^(?:until|till|til|before|after|once)(?:\s+\S+){1,4}$/i.test(text.text));
}

function targetsIn(answer: string, before: Selection, { facts }: Situation): Selection | undefined {
  const s = readSelection(`on ${answer.replace(/^(?:on|for|the ones?|i mean|i meant)\s+/i, '')}`, facts);
  const found = isSelective(s) || s.unknownHosts.length > 0 ? s : /^(?:all|everything|everywhere|every one|all of them)[.!]*$/i.test(answer) ? { ...s, all: true } : undefined;
  // What was understood before stays, when only a part was in doubt.
  return found && { ...found, exceptHosts: [...new Set([...before.exceptHosts, ...found.exceptHosts])], exceptTags: [...new Set([...before.exceptTags, ...found.exceptTags])], exceptEnvironments: [...before.exceptEnvironments, ...found.exceptEnvironments], exceptStatuses: [...before.exceptStatuses, ...found.exceptStatuses] };
}

function endpointsIn(answer: string, intent: ActionIntent, { templates, facts, now }: Situation): Record<string, SlotValue> {
  if (!templates.some((t) => t.action === intent.action && 'endpoints' in t.slots)) return {};
  const [sentence] = sentencesOf(answer);
  const value = sentence && readSlot('endpoints', { sentence, selection: readSelection(`on ${answer}`, facts), now });
  return value === undefined ? {} : { endpoints: value };
}

/** How a bare answer is put so that the reader of the slot knows it. */
const FRAMES: Partial<Record<SlotType, (answer: string) => string>> = {
  service: (a) => `service ${a}`, drive: (a) => `drive ${a.replace(/[:\\].*$/, '')}`, ports: (a) => `ports ${a}`, pid: (a) => `pid ${a}`, user: (a) => `user ${a}`, log: (a) => `${a} log`, location: (a) => `location ${a}`,
  environment: (a) => `environment ${a}`, hostname: (a) => `host ${a}`, process: (a) => `process ${a}`, destination: (a) => `to ${a}`, count: (a) => `${a} times`, limit: (a) => `top ${a}`,
};
const BARE = /^[\p{L}\p{N}][\p{L}\p{N} ._:/@+-]{0,127}$/u;

function valueIn(answer: string, spec: SlotSpec, { facts, now }: Situation): SlotValue | undefined {
  const bare = answer.trim().replace(/^["'`]|["'`]$/g, '');
  const read = (text: string): SlotValue | undefined => {
    const [sentence] = sentencesOf(text);
    return sentence && readSlot(spec.type, { sentence, selection: readSelection(`on ${text}`, facts), now });
  };
  switch (spec.type) {
    case 'command': return bare.length > 0 && bare.length <= 4000 ? bare : undefined;
    case 'pattern': return bare.length > 0 && bare.length <= 500 ? bare : undefined;
    case 'seconds': return durationIn(answer);
    case 'count': case 'limit': case 'pid': return /^\S+$/.test(bare) && Number.isInteger(numberOf(bare)) ? numberOf(bare) : read(FRAMES[spec.type]!(bare));
    case 'tag': return /^[\p{L}\p{N}][\p{L}\p{N}._:/=@+-]{0,63}$/u.test(bare) ? bare.toLowerCase() : undefined;
    case 'status': return /\b(active|inactive|decommissioned|maintenance)\b/i.exec(bare)?.[1]?.toLowerCase();
    case 'text': return spec.options?.find((o) => o.toLowerCase() === bare.toLowerCase()) ?? (spec.options === undefined && BARE.test(bare) ? bare : undefined);
    default: return read(answer) ?? read((FRAMES[spec.type] ?? ((a) => a))(bare));
  }
}
