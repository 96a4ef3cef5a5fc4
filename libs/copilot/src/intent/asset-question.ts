import { FLEET } from '../slots/read-selection.js';
import { isSelective, narrows, type Selection } from '../slots/selection.js';
import { timeRangeIn } from '../slots/times.js';
import { wordsOf } from '../text/sentence.js';
import type { AssetQuestion } from './intent.js';

const FIELDS: readonly (readonly [string, RegExp])[] = [
  ['ip_address', /\bip(?:v[46])?(?:[ -]?address(?:es)?)?s?\b|\baddress(?:es)?\b/], ['os', /\bos\b|\boperating systems?\b|\bdistro\b|\brunning windows or linux\b/],
  ['environment', /\benvironments?\b|\bstage\b/], ['location', /\blocations?\b|\blocated\b|\bwhere(?:'s| is| are)\b|\bdata ?cent(?:er|re)\b|\bsite\b/],
  ['status', /\bstatus(?:es)?\b|\bstate\b/], ['tags', /\btags?\b|\blabels?\b/], ['protocol', /\bprotocols?\b/], ['port', /\bwhat port\b|\bport of\b/], ['hostname', /\bhost ?names?\b|\bname of\b/],
];
const GROUPS = /\b(?:per|by|grouped by|for each|for every|broken down by|in each|in every|each)\s+(os|operating system|environment|location|status|tag|protocol|data ?cent(?:er|re)|site)\b/;
const GROUP_FIELDS: Readonly<Record<string, string>> = { 'operating system': 'os', tag: 'tags', datacenter: 'location', 'data center': 'location', datacentre: 'location', 'data centre': 'location', site: 'location' };
const COUNT = /\bhow many\b|\bnumber of\b|\bcount(?: of)?\b|\bamount of\b/;
const EXISTS = /^(?:is|are) there\b|^(?:do|does) (?:we|i|you|it|our \w+) (?:have|own|run|know|contain|include)\b|^have we\b|^(?:do|does|is|are)\b.*\bexists?\b(?!.*\b(?:accounts?|users?)\b)|^any\b/;
const IS_HOST = /^(?:is|are)\s+(?:the\s+)?(?:host\s+|server\s+|asset\s+)?([\w.:-]+)\s+(?:a|an|in|on|tagged|labelled|active|inactive|under|part|running|located|production|staging|windows|linux|registered|decommissioned|one)\b/;
const LISTING = /^(?:which|what|what's|list|show|find|get|give|display|search|look|who(?= (?:has|is|owns|holds)\b)|tell|fetch|see|report|print|enumerate|return|query|retrieve|i need|details?|info)\b/;
const ABOUT = /\b(?:details?|info(?:rmation)?|everything|facts|record|entry|data)\s+(?:about|of|on|for)\b|^(?:tell (?:me )?(?:more )?about|describe|show(?: me)?|what (?:is|do (?:you|we) know about)|what's|who is|who's|who has|look up|find)\b/;

/** The question about assets that a text asks, undefined when it is none. The text is in lower case, without politeness. */
export function assetQuestionOf(text: string, selection: Selection, now: Date): AssetQuestion | undefined {
  const words = wordsOf(text);
  const fleet = words.some((w) => FLEET.test(w.lower));
  const named = selection.hosts.length + selection.ips.length + selection.unknownHosts.length > 0;
  const time = timeOf(text, now);
  const question = (kind: AssetQuestion['kind'], field: string | null = null): AssetQuestion => ({ kind, selection, field, time, sort: sortOf(text), limit: limitOf(text) });
  const subject = IS_HOST.exec(text)?.[1];
  const isHost = subject !== undefined && [...selection.hosts, ...selection.ips, ...selection.unknownHosts].some((h) => h.toLowerCase() === subject);
  const groups = GROUPS.exec(text)?.[1];
  if (groups !== undefined && (fleet || COUNT.test(text))) return question('groups', GROUP_FIELDS[groups] ?? groups);
  if (COUNT.test(text) && (fleet || isSelective(selection))) return question('count');
  const field = FIELDS.find(([, said]) => said.test(text))?.[0] ?? null;
  const fields = FIELDS.filter(([name, said]) => name !== 'hostname' && said.test(text));
  if (named && !isHost && fields.length > 1 && /\band\b|,/.test(text) && /^(?:what|where|which|tell|show|give|list|get)\b/.test(text)) return question('assets');
  const owned = /\b([\w.-]+)'s\s+(?:ip|address|os|operating|location|environment|status|tags?)\b/.test(text);
  if (named && !isHost && field !== null && (LISTING.test(text) || owned || /^(?:where|in which|on which|what|ip|os|address|location|environment|status|tags|host ?name)\b/.test(text)) && !(field === 'ip_address' && selection.ips.length > 0 && selection.hosts.length === 0)) return question('value', field);
  if (isHost) return question('exists');
  if (EXISTS.test(text) && (fleet || named || narrows(selection))) return question('exists');
  if (named && ABOUT.test(text) && words.length <= 9) return question('assets');
  if (time !== null && (fleet || LISTING.test(text))) return question('assets');
  if (LISTING.test(text) && fleet && (isSelective(selection) || time !== null || selection.unknownWords.length > 0 || words.length <= 6)) return question('assets', field === 'location' || field === 'status' ? null : field);
  if (LISTING.test(text) && narrows(selection) && words.length <= 8) return question('assets', field);
  const onlyNoun = fleet && isSelective(selection) && words.length <= 8 && !/^(?:i|we|you|he|she|they|it|there|is|are|was|were|can|why|how)\b/.test(text);
  return onlyNoun ? question('assets', field) : undefined;
}

function timeOf(text: string, now: Date): AssetQuestion['time'] {
  const field = /\b(?:added|created|registered|onboarded|new|imported)\b/.test(text) ? 'created_at' : /\b(?:changed|updated|modified|edited|touched)\b/.test(text) ? 'updated_at' : null;
  const range = field === null ? undefined : timeRangeIn(text, now);
  return field === null || range === undefined ? null : { field, ...range };
}

function sortOf(text: string): string | null {
  if (/\b(?:newest|latest added|most recent(?:ly added)?)\b/.test(text)) return '-created_at';
  if (/\boldest\b/.test(text)) return 'created_at';
  const by = /\b(?:sort(?:ed)?|order(?:ed)?) by (?:the )?(hostname|name|ip|address|os|environment|status|location)\b/.exec(text)?.[1];
  return by === undefined ? null : ({ name: 'hostname', ip: 'ip_address', address: 'ip_address' } as Record<string, string>)[by] ?? by;
}

function limitOf(text: string): number | null {
  const found = /\b(?:first|top|newest|oldest|latest|limit(?: to)?|only)\s+(\d{1,5})\b/.exec(text)?.[1] ?? /\b(\d{1,5})\s+(?:newest|oldest|latest)\b/.exec(text)?.[1];
  return found === undefined ? null : Number(found);
}
