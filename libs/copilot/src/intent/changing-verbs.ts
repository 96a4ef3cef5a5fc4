import type { Selection } from '../slots/selection.js';
import type { FactSheet } from '../facts/facts.js';
import { valueIndex } from '../facts/value-index.js';

/** What a changing sentence asks for. `cover` is the part of it that says nothing about which assets are meant. */
export interface Change {
  readonly action: string;
  readonly values: Readonly<Record<string, string | number>>;
  readonly cover: string | null;
  /** Why a person should be asked first even though all is said. */
  readonly doubt?: string;
}

const TAG = String.raw`([\p{L}\p{N}][\p{L}\p{N}._:/=@+-]{0,63})`;
const re = (source: string): RegExp => new RegExp(source, 'iu');
const TAGGING = [re(String.raw`^(?:add|apply|put|assign|attach|set|give)\s+(?:the\s+)?(?:tag|label)\s+${TAG}\s+(?:to|on|for)\b`), re(String.raw`^(?:add|apply|put|assign|attach|set)\s+(?:the\s+|a\s+)?${TAG}\s+(?:tag|label)\s+(?:to|on|for)\b`), re(String.raw`^(?:tag|label)\s+.+?(\s+(?:with|as|by)\s+(?:the\s+)?(?:tag\s+|label\s+)?${TAG})\s*(?:please)?$`)];
const UNTAGGING = [re(String.raw`^(?:remove|delete|drop|take|clear|strip)\s+(?:the\s+)?(?:tag|label)\s+${TAG}\s+(?:from|off|of|on)\b`), re(String.raw`^(?:remove|delete|drop|take|clear|strip)\s+(?:the\s+)?${TAG}\s+(?:tag|label)\s+(?:from|off|of|on)\b`), re(String.raw`^(?:untag|unlabel)\s+${TAG}\s+(?:from|on)\b`), re(String.raw`^(?:untag|unlabel)\s+\S+(\s+(?:with\s+|as\s+|from\s+)?(?:tag\s+|label\s+)?${TAG})\s*$`)];
const STATUS = /^(?:set|put|mark|move|switch|change|flag|take|bring|place|update)\s+.+?(\s*(?:\b(?:status\s+)?(?:into|to|as|in|in to|back to|back into)\s+|\s)(?:the\s+)?(maintenance|active|inactive|decommissioned)(?:\s+(?:mode|status|state))?)\s*$/i;
const FIELD = /^(?:set|change|move|update|switch)\s+.*?\b(location|environment|env)\b.*?(\s*(?:\bto\b|=|\bas\b)\s*([\w][\w .-]{0,62}))\s*$/i;
const MOVE = /^(?:move|relocate)\s+.+?(\s+to\s+(?:the\s+|location\s+|environment\s+)?([\w-]+(?:\s+[\w-]+)?))\s*$/i;
const ASSET_NOUN = /^(?:delete|remove|drop|erase|purge)\s+(?:[\w-]+\s+){0,4}?(?:assets?|hosts?|servers?|machines?|nodes?|vms?|boxes|box|entry|entries)\b|\bfrom\s+(?:the\s+|our\s+)?(?:inventory|asset (?:list|store)|cmdb)\b/i;
const CREATE = /^(?:add|create|register|onboard|enrol|enroll)\s+(?:a\s+|an\s+|the\s+|new\s+)*(?:asset|host|server|machine|node|vm)\b/i;
const REPORT = /^(?:create|make|generate|produce|build|prepare|add|write|run|execute|start|do|perform|open|send|compile)\s+(?:me\s+)?(?:a\s+|an\s+|the\s+)?(?:\w+\s+){0,4}?(?:report|overview|list|table|summary|scan|check|audit|ping|traceroute|lookup|query|search|test|inventory|capture)\b/i;

/** Verbs that change something; each is read only where it begins a request. */
const CHANGING = ['restart', 'bounce', 'recycle', 'reboot', 'reload', 'shutdown', 'shut', 'power', 'halt', 'stop', 'start', 'enable', 'disable', 'kill', 'terminate', 'end', 'tag', 'untag', 'label', 'unlabel', 'set', 'put', 'mark', 'move', 'switch', 'change', 'flag', 'take', 'bring', 'place', 'update', 'delete', 'remove', 'drop', 'erase', 'purge', 'decommission', 'retire', 'activate', 'deactivate', 'add', 'create', 'register', 'onboard', 'enrol', 'enroll', 'run', 'execute', 'exec', 'invoke', 'block', 'unblock', 'ban', 'unban', 'blacklist', 'whitelist', 'blocklist', 'allow', 'deny', 'isolate', 'unisolate', 'quarantine', 'contain', 'release', 'reset', 'rotate', 'revoke', 'install', 'uninstall', 'upgrade', 'downgrade', 'patch', 'deploy', 'rollback', 'roll', 'copy', 'upload', 'format', 'wipe', 'clear', 'clean', 'truncate', 'destroy', 'mount', 'unmount', 'resize', 'migrate', 'clone', 'provision', 'scale', 'rename', 'modify', 'edit', 'write', 'lock', 'unlock', 'alert', 'notify', 'email', 'mail', 'send', 'schedule', 'encrypt', 'decrypt', 'backup', 'restore', 'fix', 'repair', 'remediate', 'apply', 'assign', 'attach', 'relocate', 'replace', 'cut', 'disconnect', 'suspend', 'resume', 'pause', 'evict', 'drain', 'grant', 'nuke'] as const;
const HEAD = new RegExp(`^(${CHANGING.join('|')})\\b`);
const MENTION = new RegExp(`\\b(?:${CHANGING.filter((v) => !/^(?:set|put|mark|end|take|place|add|run|start|change|update|label|tag|flag|bring|move|mail|email|alert|contain|power|fix|cut|drop|apply|release|patch|resume|roll|write|edit|shut|open)$/.test(v)).flatMap((v) => forms(v)).join('|')}|(?:tagging|tagged|untagged|adding) )\\b`);

/** What names a report and begins like a change: `patch level`. */
const NOUN = /^(?:patch|update|backup|power|format|mount|block|scale|lock|alert|release|restore|install|reset)(?:s|es|ed|ing)?[ -](?:level|status|state|report|list|history|size|info|overview)/;

/** The changing verb that begins a request. */
export function changingVerb(rest: string): string | undefined {
  return REPORT.test(rest) || NOUN.test(rest) ? undefined : HEAD.exec(rest)?.[1];
}

/** Whether a word is a verb that changes something. */
export function isVerb(word: string): boolean {
  return (CHANGING as readonly string[]).includes(word);
}

/** The plain form of a changing verb that is given as `restarting`; any other word stays as it is. */
export function baseOf(word: string): string {
  return CHANGING.find((v) => forms(v).includes(word)) ?? word;
}

/** Whether a text speaks of a change in any form: `restarted`, `blocking`. */
export function speaksOfChange(text: string): boolean {
  return MENTION.test(text.toLowerCase());
}

/**
 * What a request that begins with a changing verb asks for, as far as the product's own actions go; undefined when it is none of them.
 * @param rest the request from its verb on
 * @param selection what it says about assets, to tell `delete web-01` from `delete the file`
 */
export function changeOf(rest: string, selection: Selection, facts: FactSheet): Change | undefined {
  const verb = changingVerb(rest);
  const change = (action: string, values: Change['values'] = {}, cover: string | null = null): Change => ({ action, values, cover });
  const named = (patterns: readonly RegExp[], action: string): Change | undefined => {
    for (const pattern of patterns) {
      const found = pattern.exec(rest);
      if (found) return change(action, { tag: (found[2] ?? found[1])!.toLowerCase() }, found[2] === undefined ? found[0] : found[1]!);
    }
    return undefined;
  };
  const tagging = named(UNTAGGING, 'asset-untag') ?? named(TAGGING, 'asset-tag');
  if (tagging) return tagging;
  const status = STATUS.exec(rest);
  if (status) return change('asset-status', { status: status[2]!.toLowerCase() }, status[1]!);
  const field = FIELD.exec(rest);
  if (field) return change(field[1]!.toLowerCase() === 'location' ? 'asset-location' : 'asset-environment', field[1]!.toLowerCase() === 'location' ? { location: field[3]!.trim() } : { environment: field[3]!.trim() }, field[2]!);
  const move = MOVE.exec(rest);
  if (move) {
    const index = valueIndex(facts.vocabulary);
    const to = move[2]!.toLowerCase();
    if (index.location.has(to)) return change('asset-location', { location: index.location.get(to)! }, move[1]!);
    if (index.environment.has(to)) return change('asset-environment', { environment: index.environment.get(to)! }, move[1]!);
  }
  switch (verb) {
    case 'tag': case 'label': return change('asset-tag');
    case 'untag': case 'unlabel': return change('asset-untag');
    case 'restart': case 'bounce': case 'recycle': return change('restart-service');
    case 'kill': case 'terminate': return change('stop-process', killed(rest));
    case 'end': case 'stop': return /\b(?:process(?:es)?|pid)\b|\.exe\b/.test(rest) ? change('stop-process', killed(rest)) : undefined;
    case 'activate': case 'deactivate': return selection.hosts.length > 0 ? change('asset-status', { status: verb === 'activate' ? 'active' : 'inactive' }) : undefined;
    case 'decommission': case 'retire': return { ...change('asset-status', { status: 'decommissioned' }), doubt: 'This sets the status to decommissioned and keeps the asset in the inventory.' };
    case 'delete': case 'remove': case 'drop': case 'erase': case 'purge': return ASSET_NOUN.test(rest) || startsWithHost(rest, selection) ? change('asset-delete') : undefined;
    case 'add': case 'create': case 'register': case 'onboard': case 'enrol': case 'enroll': return CREATE.test(rest) ? change('asset-create') : undefined;
    case 'run': case 'execute': case 'exec': case 'invoke': return change('run-command');
    default: return undefined;
  }
}

function killed(rest: string): Record<string, string | number> {
  const found = /^(?:kill|terminate|end|stop)\s+(?:-9\s+)?(?:the\s+|all\s+)?(?:(?:process(?:es)?|pid)\s+)?(?:named\s+|called\s+|id\s+|number\s+)?([a-z0-9][\w.-]*)/i.exec(rest)?.[1];
  if (found === undefined || /^(?:process(?:es)?|pid|it|on|the|something)$/.test(found)) return {};
  return /^\d+$/.test(found) ? { pid: Number(found) } : { process: found.replace(/\.exe$/i, '') };
}

function startsWithHost(rest: string, { hosts, ips, unknownHosts }: Selection): boolean {
  const object = /^\w+\s+(?:the\s+)?([\w.:-]+)/.exec(rest)?.[1];
  return object !== undefined && [...hosts, ...ips, ...unknownHosts].some((h) => h.toLowerCase() === object);
}

/** Spellings of a verb: past, third person, -ing. */
function forms(verb: string): string[] {
  const stem = verb.replace(/e$/, '');
  const double = /[^aeiou][aeiou][bgnpt]$/.test(verb) && !/(?:reset|unset|format|edit)$/.test(verb) ? verb + verb.at(-1)! : stem;
  return [verb, `${verb}s`, `${double}ed`, `${double}ing`, `${stem}ed`, `${stem}ing`, ...(verb.endsWith('y') ? [`${verb.slice(0, -1)}ied`, `${verb.slice(0, -1)}ies`] : [])];
}
