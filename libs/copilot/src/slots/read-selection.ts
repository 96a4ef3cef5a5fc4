import type { FactSheet } from '../facts/facts.js';
import { OS_FAMILIES } from '../facts/os-family.js';
import { valueIndex, type ValueIndex } from '../facts/value-index.js';
import { wordsOf, type Word } from '../text/sentence.js';
import { addressesIn } from './addresses.js';
import { EMPTY_SELECTION, type Selection } from './selection.js';

/** Words for assets in general. */
export const FLEET = /^(?:servers?|hosts?|machines?|boxes|box|assets?|nodes?|vms?|systems?|computers?|devices?|instances?|workstations?|endpoints?|pcs?|desktops?|laptops?|fleet)$/;
const NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?$/;
const TAG = /^[\p{L}\p{N}](?:[\p{L}\p{N}._:/=@+-]{0,62}[\p{L}\p{N}])?$/u;
const ENVIRONMENTS: Readonly<Record<string, readonly string[]>> = {
  production: ['production', 'prod', 'prd', 'live'], staging: ['staging', 'stage', 'stg'], development: ['development', 'dev', 'devel'],
  test: ['test', 'testing', 'tst'], qa: ['qa'], integration: ['integration'], office: ['office'],
};
const STATUSES = /^(?:active|inactive|decommissioned|maintenance)$/;
const BEFORE_PLACE = /^(?:on|at|for|of|across|in|from|to|inside|within|against|over)$/;
/** What is left out; with `but` too where it does not go on with something else to do. */
const EXCEPT = /,?\s*\b(?:but not|except(?:\s+for|\s+on)?|excluding|apart from|other than|not including|but leave out|leaving out|but(?!\s+(?:only|first|then|please|if|when|make|do|be|with|also|not|leave|and)\b))\b\s*(.+)$/i;
const TAGGED = /\b(?:tagged|labell?ed|(?:with|having|have|has|carrying|that have|bearing)\s+(?:the\s+)?(?:tags?|labels?)|tags?\s*[=:]|(?<=\b(?:in|on|for|of|across)\s+(?:the\s+)?)tags?)\s*(?:as|with|by|of)?\s*((?:both\s+)?[^\s,?!]+(?:\s*(?:,|,?\s+(?:and|or)\s+)\s*(?!(?:in|on|for|with|that|which|restart|show|then|check)\b)[^\s,?!]+)*)/i;
const NAME_CONTAINS = /\b(?:with\s+([\w.-]+)\s+in\s+(?:the|their|its)\s+(?:host ?)?names?|(?:host ?)?names?\s+(?:that\s+)?(?:contain(?:s|ing)?|includes?|including|matching|match(?:es)?|like|has|have)\s+([\w.*-]+)|(?:called|named)\s+(?:something\s+)?like\s+([\w.*-]+)|containing\s+([\w.-]+)(?:\s+in\s+(?:the|their)\s+names?)?)/i;
const NAME_PREFIX = /\b(?:(?:host ?)?names?\s+(?:that\s+)?)?(?:(?:start(?:s|ing)?|begin(?:s|ning)?)\s+with|prefixed(?:\s+with)?)\s+([\w.-]+)/i;
const GLOB = /(?<![\w/.*-])([\w.-]+)\*(?![\w/.*])/;
/** Words that say nothing about which assets are meant. */
const NEUTRAL = /^(?:the|a|an|all|any|some|every|each|our|my|your|their|its|these|those|this|that|other|new|remote|physical|virtual|entire|whole|and|or|of|on|for|in|at|from|to|with|which|what|many|no|more|many|how|is|are|me|us|do|does|we|have|show|list|find|get|give|count|across|number|local|following|named|called|both|two|three|four|first|last|single|second|actual|target|registered|known|existing|available|operating)$/;

/** Where the part of a text begins that says what is left out; its length when there is none. */
export function exceptionAt(text: string): number {
  return EXCEPT.exec(text)?.index ?? text.length;
}

/** Reads which assets a text means. What stands between quotes is covered by the caller. */
export function readSelection(text: string, facts: FactSheet): Selection {
  const exception = EXCEPT.exec(text);
  const kept = exception ? text.slice(0, exception.index) : text;
  const main = readPart(kept, facts);
  if (!exception) return main;
  const except = readPart(exception[1]!, facts, true);
  return {
    ...main, exceptHosts: [...except.hosts, ...except.unknownHosts], exceptTags: except.tags, exceptEnvironments: except.environments, exceptStatuses: except.statuses,
    wrongAddresses: [...main.wrongAddresses, ...except.wrongAddresses],
    // An exception that is only partly understood could let through what must be left alone.
    unknownWords: [...main.unknownWords, ...except.unknownWords, ...(except.ips.length + except.cidrs.length + except.locations.length > 0 || except.os !== null || !understood(except) ? [exception[1]!.trim().slice(0, 80)] : [])],
  };
}

function understood(s: Selection): boolean {
  return [s.hosts, s.unknownHosts, s.tags, s.environments, s.statuses, s.ips, s.cidrs, s.locations].some((l) => l.length > 0);
}

function readPart(part: string, facts: FactSheet, bare = false): Selection {
  const addresses = addressesIn(part);
  let rest = addresses.rest;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    const found = pattern.exec(rest);
    if (found) rest = rest.slice(0, found.index) + ' '.repeat(found[0].length) + rest.slice(found.index + found[0].length);
    return found;
  };
  const contains = take(NAME_CONTAINS);
  const prefix = take(NAME_PREFIX);
  const glob = take(GLOB);
  const values = valueIndex(facts.vocabulary);
  const tagged = take(TAGGED);
  const tags = tagged ? readTags(tagged[1]!) : { tags: [], all: false };
  const environments: string[] = [];
  const locations: string[] = [];
  for (const phrase of values.phrases) {
    const at = ` ${rest.toLowerCase()} `.indexOf(` ${phrase.lower} `);
    if (at < 0) continue;
    rest = rest.slice(0, at) + ' '.repeat(phrase.lower.length) + rest.slice(at + phrase.lower.length);
    (phrase.kind === 'environment' ? environments : phrase.kind === 'location' ? locations : tags.tags).push(phrase.value);
  }
  const hosts: string[] = [];
  const unknownHosts: string[] = [];
  const words = wordsOf(rest);
  const taken = new Set<Word>();
  words.forEach((word, i) => {
    const asset = facts.assets.get(word.lower) ?? facts.assets.get(word.lower.replace(/:\d{1,5}$/, ''));
    const before = words[i - 1]?.lower;
    if (asset && NAME.test(asset.hostname) && (!values.tag.has(word.lower) || !FLEET.test(words[i + 1]?.lower ?? ''))) hosts.push(asset.hostname);
    else if (isHostShaped(word.text) && !values.tag.has(word.lower) && !values.location.has(word.lower) && !values.environment.has(word.lower) && isNamedHere(words, i, bare) && !(facts.known && isPlace(words, i))) (facts.known ? unknownHosts : hosts).push(word.text);
    else if (!facts.known && /^(?:host|server|machine|asset)$/.test(before ?? '') && NAME.test(word.text) && /[\d-]/.test(word.text)) hosts.push(word.text);
    else return;
    taken.add(word);
  });
  const os = tags.tags.length > 0 && OS_FAMILIES.some((f) => tags.tags.some((t) => f.said.test(t))) && !OS_FAMILIES.some((f) => f.said.test(rest)) ? undefined : OS_FAMILIES.find((f) => f.said.test(rest) && !wordIsTag(f, rest, values));
  if (os) for (const w of words) if (os.said.test(w.text) || os.key.toLowerCase().split(' ').includes(w.lower)) taken.add(w);
  const found = readValues(words, { taken, values, bare });
  return {
    ...EMPTY_SELECTION,
    hosts: unique(hosts), ips: addresses.ips, cidrs: addresses.cidrs, wrongAddresses: addresses.wrong, unknownHosts: unique(unknownHosts),
    tags: unique([...tags.tags, ...found.tags]), allTags: tags.all,
    environments: unique([...environments, ...found.environments]), statuses: unique(found.statuses), locations: unique([...locations, ...found.locations]),
    os: os?.key ?? null,
    namePrefix: plainName(prefix?.[1] ?? glob?.[1]), nameContains: plainName(contains?.slice(1).find((g) => g !== undefined)?.replace(/\*/g, '')),
    all: /\b(?:all|every|each|everything|everywhere|entire|whole)\b/i.test(rest) && (words.some((w) => FLEET.test(w.lower)) || /\b(?:everything|everywhere)\b/i.test(rest)) || /\b(?:everywhere|all of them)\b/i.test(rest),
    unknownWords: found.unknown,
    pointsBack: /\b(?:there|them|(?:on|of|for|to|from)\s+(?:it|that|those|these|this)|(?:those|these|that|this|the same)\s+(?:ones?|servers?|hosts?|machines?|boxes|box|assets?))\b/i.test(rest),
  };
}

interface Found { tags: string[]; environments: string[]; statuses: string[]; locations: string[]; unknown: string[] }

/** Single words that are values of the inventory: before a word for assets, or after a place word. */
function readValues(words: readonly Word[], { taken, values, bare }: { taken: ReadonlySet<Word>; values: ValueIndex; bare: boolean }): Found {
  const found: Found = { tags: [], environments: [], statuses: [], locations: [], unknown: [] };
  const fleetAt = words.findIndex((w) => FLEET.test(w.lower));
  words.forEach((word, i) => {
    if (taken.has(word)) return;
    const environment = environmentOf(word.lower, values);
    const place = placed(words, i) || bare;
    const adjective = beforeFleet(words, i);
    if (STATUSES.test(word.lower) && (fleetAt >= 0 || adjective || /^(?:in|is|are|under)$/.test(words[i - 1]?.lower ?? '') || bare) && !/^(?:into|to)$/.test(words[i - 1]?.lower ?? '')) found.statuses.push(word.lower);
    else if (environment !== undefined && (place || adjective || fleetAt >= 0)) found.environments.push(environment);
    else if (values.location.has(word.lower) && (place || adjective || fleetAt >= 0 || /^(?:datacenter|location|site|region|rack)$/.test(words[i - 1]?.lower ?? ''))) found.locations.push(values.location.get(word.lower)!);
    else if (values.tag.has(word.lower) && (place || adjective)) found.tags.push(values.tag.get(word.lower)!);
    else if (isPlace(words, i) && isHostShaped(word.text)) found.unknown.push(word.text);
    else if (adjective && !NEUTRAL.test(word.lower) && !FLEET.test(word.lower) && wordBeforeFleet(words, i)) found.unknown.push(word.text);
  });
  return found;
}

/** Whether the word stands after a place word, articles and other values between them apart. */
function placed(words: readonly Word[], i: number): boolean {
  for (let j = i - 1; j >= 0 && j >= i - 4; j--) {
    const w = words[j]!.lower;
    if (BEFORE_PLACE.test(w)) return true;
    if (!/^(?:the|all|every|each|our|any|and|or|both|my|located|tag|environment|production|prod|staging)$/.test(w)) return false;
  }
  return false;
}

/** Whether a word for assets follows within three words, with nothing but describing words between. */
function beforeFleet(words: readonly Word[], i: number): boolean {
  for (let j = i + 1; j < words.length && j <= i + 3; j++) {
    if (FLEET.test(words[j]!.lower)) return true;
    if (BEFORE_PLACE.test(words[j]!.lower) || /^(?:is|are|with|which|that|have|has|do|the|then|and|all|every|each)$/.test(words[j]!.lower)) return false;
  }
  return false;
}

function wordBeforeFleet(words: readonly Word[], i: number): boolean {
  return FLEET.test(words[i + 1]?.lower ?? '') && (placed(words, i) || /^(?:the|all|every|each|any|our|many|which|what|list|show|find|count|of|are|production|prod|staging|linux|windows)$/.test(words[i - 1]?.lower ?? ''));
}

function environmentOf(word: string, values: ValueIndex): string | undefined {
  const own = values.environment.get(word);
  if (own !== undefined) return own;
  const group = Object.entries(ENVIRONMENTS).find(([, names]) => names.includes(word));
  return group && (group[1].map((n) => values.environment.get(n)).find((v) => v !== undefined) ?? (word === 'live' || word === 'test' || word === 'office' ? undefined : group[0]));
}

function readTags(text: string): { tags: string[]; all: boolean } {
  const tags = text.replace(/^both\s+/i, '').split(/\s*,\s*(?:and\s+|or\s+)?|\s+(?:and|or)\s+/i).map((t) => t.replace(/[.:;!?]+$/, '')).filter((t) => TAG.test(t)).map((t) => t.toLowerCase());
  return { tags, all: /\band\b|\bboth\b/i.test(text) };
}

/** `win10` as a tag of the inventory is the tag and not the operating system. */
function wordIsTag(family: { readonly said: RegExp }, text: string, values: ValueIndex): boolean {
  const said = family.said.exec(text)?.[0].toLowerCase();
  return said !== undefined && /\d/.test(said) && values.tag.has(said);
}

function isHostShaped(text: string): boolean {
  return NAME.test(text) && /[A-Za-z]/.test(text) && (/-\w*\d|[A-Za-z]\d+$|^[a-z]+(?:\d+)?\.[a-z0-9-]+\./i.test(text) || /^[A-Za-z]{2,}-[A-Za-z0-9-]+$/.test(text) && /\d/.test(text)) && !/^(?:win(?:dows)?-?1[01]|ipv[46]|h\d|utf-?8|x86|sha\d+|md5|log4j\d*|apache2|php\d.*|python\d.*|java\d+|mysql\d+|bind9|s3|c\+\+\d*|kb\d+|w32time|w3svc|ext\d|b\d)$/i.test(text);
}

function isNamedHere(words: readonly Word[], i: number, bare: boolean): boolean {
  for (let j = i - 1; j >= 0; j--) {
    const w = words[j]!.lower;
    if (BEFORE_PLACE.test(w) || /^(?:host|server|machine|asset|ping|traceroute|restart|delete|tag|untag|about|between|is|called|named|does|reach|put|set|mark|move|has)$/.test(w)) return true;
    if (!/^(?:the|and|or|both|hosts?|servers?|machines?|assets?)$/.test(w) && !isHostShaped(words[j]!.text)) return bare;
  }
  return bare || i === 0;
}

/** Whether the word says where assets are: hosts are not in a host. */
function isPlace(words: readonly Word[], i: number): boolean {
  return /^(?:in|inside|within)$/.test(words[i - 1]?.lower ?? '') && words.some((w) => FLEET.test(w.lower));
}

function plainName(text: string | undefined): string | null {
  return text !== undefined && /^[A-Za-z0-9_.-]{1,128}$/.test(text) ? text : null;
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
