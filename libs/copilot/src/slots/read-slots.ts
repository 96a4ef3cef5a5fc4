import type { SlotType, SlotValue } from '../templates/template.js';
import type { Sentence } from '../text/sentence.js';
import { wordsOf } from '../text/sentence.js';
import { addressesIn } from './addresses.js';
import { readService } from './service.js';
import { durationIn, numberOf, timeRangeIn } from './times.js';
import type { Selection } from './selection.js';

/** What a reader of a slot may look at. */
export interface Reading {
  readonly sentence: Sentence;
  readonly selection: Selection;
  readonly now: Date;
}

type Reader = (reading: Reading) => SlotValue | undefined;

const COUNT = /\b(\d{1,6}|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty)\s*(?:times?|x|pings?|packets?|requests?|probes?)\b/i;
const LIMIT = /\b(?:top|first|last|latest|at most|max(?:imum)?|limit(?:ed)?(?: to)?|up to|biggest|largest|heaviest)\s+(\d{1,5}|three|five|ten|twenty)\b|\b(\d{1,5})\s+(?:biggest|largest|heaviest|newest|latest)\b/i;
const DRIVE = /\b([A-Za-z])\s*:(?=[\s\\]|$)|\b([A-Z]|[b-hj-z])[- ](?:drives?|volumes?|partitions?)\b|\b(?:drives?|volumes?)\s+([A-Za-z])(?![\w])/;
const PATH = /(?<![\w.:/<])(\/(?:[\w.@%+-]+\/?)*)(?=[\s,;?!]|$)/;
const PORTS = /\bports?\s+((?:\d{1,5}(?:\s*-\s*\d{1,5})?)(?:\s*(?:,|,?\s*and|or|to)\s*\d{1,5}(?:\s*-\s*\d{1,5})?)*)/i;
const HOST_PORT = /(?<=[\w\]]):(\d{1,5})\b(?!\.)/;
const SERVICE_PORTS: Readonly<Record<string, string>> = { ssh: '22', https: '443', http: '80', rdp: '3389', smtp: '25', dns: '53', winrm: '5986', mysql: '3306', postgres: '5432', postgresql: '5432', redis: '6379', smb: '445', ldap: '389' };
const RECORD = /\b(AAAA|MX|TXT|NS|CNAME|PTR|SOA|SRV|A)\b(?=\s*-?\s*(?:dns\s+)?(?:records?|entr(?:y|ies)|lookup))|\b(AAAA|MX|TXT|CNAME|PTR|SOA|SRV)\b/;
const DOMAIN = /(?<![\w@.-])((?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z]{2,24})(?![\w-])/i;
const USER = /\b(?:user|account|login)\s+(?:named\s+|called\s+)?([A-Za-z_][\w.@\\-]{0,63})\b/i;
const LOG = /\b(system|application|security|setup)\b(?:\s+(?:event\s*)?logs?|\s+events?)|\b(?:log|event log)\s+(system|application|security|setup)\b/i;
const TEXT_PATTERN = /\b(?:for|matching|containing|contain|mention(?:s|ing)?|with|about)\s+(?:the\s+(?:word|text|string|phrase|message)\s+|lines?\s+(?:with|containing)\s+)?([\p{L}\d][\p{L}\d_.:/-]*(?:\s+(?!on\b|in\b|from\b|since\b|at\b|during\b|across\b|over\b|after\b|before\b|of\b|between\b|within\b|for\b)[\p{L}\d][\p{L}\d_.:/-]*){0,4})/iu;

const READERS: { readonly [T in SlotType]: Reader } = {
  assets: () => undefined,
  endpoints: ({ sentence, selection }) => {
    const names = selection.hosts.length > 0 ? [] : [...sentence.plain.matchAll(new RegExp(DOMAIN, 'gi'))].map((m) => m[1]!);
    const all = [...selection.ips, ...selection.cidrs, ...names];
    return all.length > 0 ? [...new Set(all)] : undefined;
  },
  service: ({ sentence, selection }) => readService(sentence, selection),
  drive: ({ sentence }) => DRIVE.exec(sentence.plain)?.slice(1).find((g) => g !== undefined)?.toUpperCase(),
  path: ({ sentence }) => PATH.exec(addressesIn(sentence.plain).rest)?.[1] ?? (/\broot (?:partition|file ?system|disk|volume)\b/i.test(sentence.plain) ? '/' : undefined),
  ports: ({ sentence }) => portsIn(sentence.plain),
  count: ({ sentence }) => counted(COUNT, sentence.plain) ?? (/\btwice\b/i.test(sentence.plain) ? 2 : /\bonce\b/i.test(sentence.plain) ? 1 : undefined),
  limit: ({ sentence }) => counted(LIMIT, sentence.plain),
  seconds: ({ sentence }) => durationIn(sentence.plain),
  since: ({ sentence, now }) => timeRangeIn(sentence.plain, now)?.after,
  until: ({ sentence, now }) => timeRangeIn(sentence.plain, now)?.before,
  pattern: ({ sentence, selection }) => sentence.quotes.find((q) => q.text.trim() !== '')?.text ?? (LOG.test(sentence.plain) ? undefined : unquotedPattern(sentence, selection)),
  command: ({ sentence }) => sentence.quotes.find((q) => q.text.trim() !== '')?.text.trim() ?? /\b(?:command|cmd|powershell|script)\s*:\s*(\S.{0,2000})$/i.exec(sentence.plain)?.[1]?.trim(),
  pid: ({ sentence }) => counted(/\b(?:process(?:\s+(?:id|number))?|pid)\s*#?:?\s*(\d{1,9})\b/i, sentence.plain),
  process: ({ sentence }) => {
    const found = /\bprocess(?:es)?\s+(?:named\s+|called\s+)?([A-Za-z][\w.-]{1,63})\b/i.exec(sentence.plain)?.[1] ?? /\b([A-Za-z][\w.-]{1,63})\s+process(?:es)?\b/i.exec(sentence.plain)?.[1];
    return found !== undefined && !NO_PROCESS.test(found) ? found.replace(/\.exe$/i, '') : /\b([\w-]+)\.exe\b/i.exec(sentence.plain)?.[1];
  },
  order: ({ sentence }) => (/\b(?:memory|ram|mem)\b/i.test(sentence.plain) ? 'memory' : /\b(?:cpu|processor)\b/i.test(sentence.plain) ? 'cpu' : undefined),
  user: ({ sentence }) => USER.exec(sentence.plain)?.[1],
  tag: () => undefined,
  tags: ({ selection }) => (selection.tags.length > 0 ? [...selection.tags] : undefined),
  status: ({ sentence }) => /\b(active|inactive|decommissioned|maintenance)\b/i.exec(sentence.plain)?.[1]?.toLowerCase(),
  environment: ({ sentence }) => /\b(?:environment|env)\s+(?:to\s+|=\s*)?([a-z][\w-]{1,30})\b/i.exec(sentence.plain)?.[1] ?? /\b(?:in|to|into)\s+(production|staging|development|test|qa)\b/i.exec(sentence.plain)?.[1]?.toLowerCase(),
  location: ({ sentence }) => /\blocation\s+(?:of\s+\S+\s+)?(?:to\s+|=\s*|is\s+)?([A-Za-z][\w-]{1,60})\b/i.exec(sentence.plain)?.[1] ?? /\b(?:to|located in|in)\s+(?:location\s+)?([A-Za-z]+-\d[\w-]*)\b/.exec(sentence.plain)?.[1],
  hostname: ({ sentence }) => /\b(?:asset|host|server|machine|node|vm)\s+(?:named\s+|called\s+)?(?!with\b|to\b|for\b|in\b|tagged\b)([A-Za-z0-9][\w.-]{1,252})/i.exec(sentence.plain)?.[1] ?? wordsOf(sentence.plain).find((w) => /^[A-Za-z][\w.]*-[\w.-]*\d[\w.-]*$/.test(w.text))?.text,
  address: ({ selection }) => selection.ips[0],
  os: ({ sentence }) => /\b(?:running|os|operating system)\s+(?:is\s+|=\s*)?((?:Ubuntu|Debian|Windows|Rocky|Red Hat|CentOS|Fedora|SUSE)(?:\s+Server)?(?:\s+[\d.]+)?)/i.exec(sentence.plain)?.[1],
  domain: ({ sentence, selection }) => DOMAIN.exec(sentence.plain)?.[1] ?? selection.ips[0] ?? selection.hosts[0] ?? selection.unknownHosts[0],
  'record-type': ({ sentence, selection }) => recordType(sentence.plain) ?? (selection.ips.length > 0 ? 'PTR' : undefined),
  log: ({ sentence }) => capitalised(LOG.exec(sentence.plain)?.slice(1).find((g) => g !== undefined)),
  levels: ({ sentence }) => levels(sentence.plain),
  destination: ({ sentence }) => /\b(?:to|reach(?:es)?|and|towards)\s+([A-Za-z0-9][\w.:-]{1,252})\b/i.exec(sentence.plain)?.[1],
  text: ({ sentence }) => sentence.quotes[0]?.text,
};

const NO_PROCESS = /^(?:id|list|the|all|running|which|what|top|of|on|using|with|number|is|are|a|this|that|show|list|kill|stop|end|by|for|in)$/i;

export function readSlot(type: SlotType, reading: Reading): SlotValue | undefined {
  return READERS[type](reading);
}

/** Ports as nmap writes them (`22,80,8000-8100`), undefined when a number is no port. */
export function portsIn(text: string): string | undefined {
  const said = PORTS.exec(text)?.[1] ?? /\b(\d{1,5})\s*\/\s*(?:tcp|udp)\b/i.exec(text)?.[1] ?? HOST_PORT.exec(text)?.[1] ?? SERVICE_PORTS[/\b(\w+)\s+ports?\b/i.exec(text)?.[1]?.toLowerCase() ?? ''];
  if (said === undefined) return undefined;
  const list = said.replace(/\s*\bto\b\s*/gi, '-').replace(/\s*(?:,|\band\b|\bor\b)+\s*(?:and|or)?\s*/gi, ',').replace(/\s+/g, '');
  return list.split(/[,-]/).every((p) => Number(p) >= 1 && Number(p) <= 65_535) ? list : undefined;
}

function counted(pattern: RegExp, text: string): number | undefined {
  const found = pattern.exec(text)?.slice(1).find((g) => g !== undefined);
  return found === undefined ? undefined : numberOf(found);
}

function recordType(text: string): string | undefined {
  return RECORD.exec(text)?.slice(1).find((g) => g !== undefined) ?? (/\bmail (?:server|exchanger)s?\b/i.test(text) ? 'MX' : /\bname ?servers?\b/i.test(text) ? 'NS' : /\breverse\b/i.test(text) ? 'PTR' : /\bmx\b/i.test(text) ? 'MX' : undefined);
}

function levels(text: string): string[] | undefined {
  const found = [['Critical', /\bcritical\b/i], ['Error', /\berrors?\b/i], ['Warning', /\bwarnings?\b/i]] as const;
  const named = found.filter(([, said]) => said.test(text)).map(([name]) => name);
  return named.length > 0 ? named : undefined;
}

function capitalised(text: string | undefined): string | undefined {
  return text === undefined ? undefined : text[0]!.toUpperCase() + text.slice(1).toLowerCase();
}

function unquotedPattern(sentence: Sentence, selection: Selection): string | undefined {
  const found = TEXT_PATTERN.exec(sentence.plain)?.[1];
  if (found !== undefined && !/^(?:the|all|any|every|hosts?|logs?|last|past|me|each)\b/i.test(found) && ![...selection.hosts, ...selection.tags, ...selection.unknownHosts].some((v) => v.toLowerCase() === found.toLowerCase())) return found;
  const word = /\b(errors?|warnings?|failures?|failed logins?|exceptions?|timeouts?|panics?|segfaults?|oom)\b/i.exec(sentence.plain)?.[1];
  return word?.toLowerCase().replace(/s$/, '');
}
