import { baseOf } from './changing-verbs.js';
import type { Sentence } from '../text/sentence.js';

/**
 * How a sentence means what it says. Only a `request` may change anything.
 * `hedged`: a wish that may be a request (`maybe we should ...`); `hypothetical`: what would be if.
 */
export type MoodKind = 'request' | 'hedged' | 'question' | 'statement' | 'negated' | 'hypothetical';

export interface Mood {
  readonly kind: MoodKind;
  /** The sentence from its first telling word on, in lower case, politeness removed; quotes covered. */
  readonly rest: string;
  /** Whether it is bound to a condition or a later time. */
  readonly later: boolean;
}

const FILLER = /^(?:(?:hi|hello|hey|ok(?:ay)?|so|well|alright|good (?:morning|afternoon|evening)|dear|copilot|opsmesh|assistant|team|folks|there|please|pls|plz|kindly|now|just|also|then|next|first(?:ly)?|finally|and|but|quickly|actually|afterwards|h+m+|um+|yes|yeah|sure|thanks|thank you|asap|urgent(?:ly)?)\b[\s,:!.-]*|[\s,:!*-]+)/;
const POLITE = /^(?:(?:can|could|would|will) (?:you|u)(?: (?:please|kindly|just|quickly|maybe|also|go ahead and))*\s+|i(?:'d| would)? (?:need|want|like|love) (?:you )?to (?:see |know |have |get )?|i need |(?:i'm|i am) (?:asking|telling|instructing) you to |let(?:'s| us|s) |go ahead and |make sure (?:you |to )|be sure to |help me (?:to )?|it is time to |time to |you (?:can|may) now )/;
const MIND = /^(?:would|do) you mind (\w+)ing\b/;
const NEGATION = /\b(?:don't|dont|do not|doesn't|does not|didn't|did not|won't|will not|can't|cannot|can not|couldn't|shouldn't|should not|mustn't|must not|wouldn't|isn't|aren't|wasn't|never|not|no|nobody|no one|none|neither|nor|without|avoid|refrain|prevent|instead of|rather than|unless|except if|forget|cancel|abort|hold off|skip|nothing|stop (?!service|process|pid)\w+ing)\b/;
const FORBIDS = /^(?:don't|dont|do not|never|under no circumstances|no need)\b/;
const HEDGE = /^(?:maybe|perhaps|possibly|probably|ideally|(?:i (?:think|guess|suppose|believe|feel)(?: that)?|it (?:might|would|could) be (?:good|nice|best|better) (?:to|if)|maybe|wonder(?:ing)? if)\s|(?:we|i|you|they|somebody|someone|one) (?:should|could|might|may|must|need to|have to|ought to|want to|can|plan to|will|would like to|am going to|are going to)\b|(?:i'm|i am|i was|we are|we're) (?:thinking|wondering|considering|planning|about)\b|thinking (?:of|about)|(?:what|how) about\b|why (?:not|don't (?:we|you))\b|shall (?:i|we)\b|can we\b|could we\b|can i have you\b)/;
const HYPOTHETICAL = /^(?:if|when(?! (?:was|were|is|are|did|do|does|has|have|had|will|can|should)\b)|whenever|once|unless|suppose|supposing|imagine|assume|assuming|in case|what if|provided|after|before|until|as soon as|let's say|say)\b|\b(?:what would|would happen|hypothetically|in theory)\b/;
const QUESTION = /^(?:what|what's|whats|why|who|who's|whose|whom|when|where|where's|which|how|how's|is|are|was|were|am|do|does|did|has|have|had|should|would|could|can|may|might|will|shall|must|isn't|aren't|any)\b/;
const STATEMENT = /^(?:i|we|you|he|she|they|it|it's|there|there's|this|that|these|those|someone|somebody|nobody|everybody|everyone|no one|people|users?|yesterday|today|last|earlier|something|apparently|it seems|according)\b/;
const LATER = /\b(?:if|when|whenever|unless|once|after|until|as soon as|in case|provided|depending|tomorrow|tonight|later|next (?:week|month|monday|tuesday|wednesday|thursday|friday|saturday|sunday)|at (?:\d{1,2}(?::\d\d)?\s*(?:am|pm|o'clock)?\b(?!\.)|midnight|noon)|in \d+ (?:minutes?|hours?|days?)|every (?:\d+ )?(?:minute|hour|day|week|night|month|morning|monday)s?|daily|hourly|weekly|on (?:monday|tuesday|wednesday|thursday|friday|saturday|sunday))\b/;
const EXCEPTION = /,?\s*\b(?:but not|but leave out|not including)\b/g;

export function moodOf(sentence: Sentence): Mood {
  const plain = sentence.plain.toLowerCase();
  // `but not web-02` leaves assets out; it does not take the request back.
  const forNegation = plain.replace(EXCEPTION, ' except');
  let rest = stripped(plain);
  const mind = MIND.exec(rest);
  if (mind) rest = `${baseOf(mind[0].split(' ').at(-1)!)}${rest.slice(mind[0].length)}`;
  const hedgedFirst = HEDGE.test(rest);
  const politely = !hedgedFirst && POLITE.test(rest);
  if (politely) rest = stripped(rest.replace(POLITE, ''));
  const later = LATER.test(rest);
  const kind = ((): MoodKind => {
    if (FORBIDS.test(rest)) return 'negated';
    if (HYPOTHETICAL.test(rest)) return 'hypothetical';
    if (QUESTION.test(rest) && !hedgedFirst) return 'question';
    if (NEGATION.test(forNegation) && !/^(?:no|not a) problem\b/.test(rest)) return 'negated';
    if (hedgedFirst) return 'hedged';
    if (STATEMENT.test(rest)) return 'statement';
    return 'request';
  })();
  const asked = kind === 'request' && sentence.asks && !politely && !mind;
  return { kind: asked ? 'hedged' : kind, rest: kind === 'hedged' ? wished(rest) : rest, later };
}

/** What a hedged sentence is about, from its verb on. */
function wished(text: string): string {
  const rest = stripped(text.replace(HEDGE, '').replace(/^\s*(?:we|i|you)?\s*(?:should|could|might|may|must|need to|have to|ought to|want to|can)?\s+/, ''));
  return rest.replace(/^\w+ing\b/, (word) => baseOf(word));
}

function stripped(text: string): string {
  let rest = text.trim();
  for (let before = ''; before !== rest;) {
    before = rest;
    rest = rest.replace(FILLER, '');
  }
  return rest;
}
