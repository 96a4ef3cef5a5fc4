import { addressesIn } from '../slots/addresses.js';
import { FLEET } from '../slots/read-selection.js';
import { OS_FAMILIES } from '../facts/os-family.js';
import type { Template } from '../templates/template.js';
import type { ActionIntent } from './intent.js';

/** Words of a request for a change that say nothing more than its verb, its values and its assets do. */
const HARMLESS = new RegExp(`^(?:${[
  'the|a|an|all|any|some|every|each|our|my|your|their|its|these|those|this|that|both|whole|entire|everything|everywhere|same|other|new|one|ones',
  'and|or|of|on|for|in|at|from|to|with|within|inside|across|over|into|onto|off|out|as|by|against|under|back|up|down|through|via|about|is|are|be|was|have|has|having|which|who|where|it|them|there|here|then|also|too|so|do|does',
  'please|pls|plz|kindly|thanks|thank|thx|cheers|you|me|us|we|i|now|just|again|quickly|immediately|asap|today|ok|okay|right|away|straight|urgent|urgently|once|copilot|opsmesh|team|guys|all|could|can|would|will|go|ahead',
  'services?|daemons?|units?|process(?:es)?|pid|id|number|named?|called|command|cmd|script|powershell|shell|tag(?:s|ged)?|label(?:s|led|ed)?|status|state|mode|environment|env|location|data ?cent(?:er|re)|site|region|inventory|cmdb|list|store|entry|entries|ip|ipv4|ipv6|address|hostname|os|system|operating',
  'begin(?:s|ning)?|start(?:s|ing)?|contain(?:s|ing)?|prefix(?:ed)?|like|names|running|run|located|based|matching|except|but|not|excluding|apart|than|including|leave|leaving|no|wait|hmm|maybe|actually|perhaps|kidding|joking|never|mind',
  'production|prod|live|staging|stage|development|dev|test|testing|qa|office|active|inactive|decommissioned|maintenance|windows|linux|unix',
].join('|')})$`);
const MOST = 5;

/**
 * What stands in a request for a change beside its verb, its values and its assets: it would not be done, and must not be lost unsaid.
 * @param rest the request from its verb on, in lower case, quotes covered
 */
export function leftOver(rest: string, intent: ActionIntent, templates: readonly Template[]): string[] {
  const { selection: s, values } = intent;
  const known = new Set([
    ...s.hosts, ...s.tags, ...s.environments, ...s.statuses, ...s.locations, ...s.exceptHosts, ...s.exceptTags, ...s.exceptEnvironments, ...s.exceptStatuses, ...s.unknownHosts, ...s.unknownWords, ...s.wrongAddresses,
    ...(s.os === null ? [] : [s.os]), ...(s.namePrefix === null ? [] : [s.namePrefix, `${s.namePrefix}*`]), ...(s.nameContains === null ? [] : [s.nameContains, `*${s.nameContains}*`, `${s.nameContains}*`, `*${s.nameContains}`]),
    ...Object.values(values).flat().map(String), ...templates.filter((t) => t.action === intent.action).flatMap((t) => t.phrases),
  ].flatMap((v) => [v.toLowerCase(), ...v.toLowerCase().split(/[\s,]+/)]));
  const isKnown = (word: string): boolean => known.has(word) || HARMLESS.test(word) || FLEET.test(word) || OS_FAMILIES.some((f) => f.said.test(word)) || /^\u25A1*$/.test(word);
  const words = addressesIn(rest).rest.split(/\s+/).slice(1).flatMap((raw) => {
    const word = raw.replace(/^[\s,;:.!?'"()[\]{}\u25A1]+|[\s,;:.!?'"()[\]{}\u25A1]+$/g, '').replace(/'s$/, '');
    if (word === '' || isKnown(word) || isKnown(word.replace(/\.exe$|:\d+$/, ''))) return [];
    return /[,;/]/.test(word) ? word.split(/[,;/]/).filter((part) => part !== '' && !isKnown(part)) : [word];
  });
  return words.slice(0, MOST);
}
