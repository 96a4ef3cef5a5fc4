import type { Catalogue } from '../catalogue/catalogue.js';
import type { Intent, TellTopic } from './intent.js';

const tell = (topic: TellTopic, about: string): Intent => ({ kind: 'tell', topic, about });

const GREETING = /^(?=(?:hi|hello|hey|hiya|howdy|yo|good (?:morning|afternoon|evening|day)|greetings|thanks|thank you|thx|cheers|great|perfect|nice|cool|awesome|bye|goodbye|see you|ok|okay|yes|no|sure|lol|well done|never ?mind|you're welcome)\b)(?:(?:hi|hello|hey|hiya|howdy|yo|good (?:morning|afternoon|evening|day)|greetings|thanks|thank you|thx|cheers|great|perfect|nice|cool|awesome|bye|goodbye|see you|ok|okay|yes|no|sure|lol|well done|never ?mind|you're welcome|there|all|team|copilot|opsmesh|a lot|so much|very much|again|everyone|for (?:the|your) help|much|you|job|work)(?:[\s,!.]+|$))+$/;
const HOW_ARE_YOU = /^(?:how are you|how's it going|how do you do|are you there|who (?:are|made) you|what are you|are you (?:a|an) \w+)\b/;
const HELP = /^(?:help|\?+|menu|usage|commands)\b|\bwhat (?:else )?(?:can|could) (?:you|i|we) (?:do|ask|help)\b|\bwhat (?:are you|is it) (?:able|capable)\b|\b(?:your|the) (?:capabilities|features|abilities)\b|\bhow (?:does|do) (?:this|it|you|opsmesh|the copilot) work\b|\bwhat (?:is|does) (?:opsmesh|this (?:product|tool|system))\b|\bhow can you help\b/;
const TEMPLATES = /\b(?:templates?|playbooks?|runbooks?)\b/;
const TOOLS = /\b(?:which|what|list|show|all|available|your|the)\b.*\b(?:tools|actions|integrations|cmdlets)\b|\b(?:tools|cmdlets|actions) (?:are|do you|can you|available|exist)\b/;
const DONE = /^(?:what|which \w+) (?:did|have|has) (?:you|we|the copilot|opsmesh) (?:just |already |last )?(?:do|done|did|change|changed|run|executed?|performed?)\b/;
const HOW_TO = /^(?:how (?:do|can|could|should|would|might) (?:i|we|you|one)|how to|what is the (?:best )?way to|what's the (?:best )?way to|is it possible to|is there (?:a|any) way to|can i|can we|could i|am i able to|do you (?:support|know how|have)|can you (?:explain|tell me) how)\b/;
const WHAT_IS = /^(?:what (?:is|are|does|do)|what's|explain|describe|tell me about|how does|when (?:should|would) i use|what can i do with)\s+(?:the\s+|a\s+|an\s+)?(?:tool\s+)?["']?([\w-]+)["']?(?:\s+(?:tool|do|does|used for|for|work|mean|good for))?\s*$/;

/** The question about the product that a text asks, undefined when it is none. The text is in lower case. */
export function productQuestionOf(text: string, catalogue: Catalogue): Intent | undefined {
  if (GREETING.test(text) || HOW_ARE_YOU.test(text)) return tell('small-talk', text);
  if (HELP.test(text)) return tell('help', text);
  if (DONE.test(text)) return tell('about-change', text);
  const tool = WHAT_IS.exec(text)?.[1];
  if (tool !== undefined && catalogue.named(tool)) return tell('tool', catalogue.named(tool)!.name);
  if (TEMPLATES.test(text)) return tell('templates', text);
  if (TOOLS.test(text)) return tell('tools', text);
  if (HOW_TO.test(text)) return tell('how-to', text.replace(HOW_TO, '').trim());
  return undefined;
}
