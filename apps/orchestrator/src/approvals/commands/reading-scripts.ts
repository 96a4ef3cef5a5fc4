import type { Word } from './posix-syntax.js';
import type { Reading } from './reading-rules.js';

const UNKNOWN_OPTION = 'an argument that is only known when it runs could be an option';
const PLACE = String.raw`(?:\d+|\$|\/((?:[^\/\\\n]|\\[^\n])*)\/)`;
/** One command of a `sed` script that prints, leaves out lines or replaces text, with its end. Commands that write, read files or run something are left out. */
const SED_COMMAND = new RegExp(String.raw`^\s*(?:${PLACE}(?:,${PLACE})?\s*(?:!\s*)?)?(?:[pdq=]|[sy]([\/|#,:@])((?:(?!\3)[^\\\n]|\\[^\n])*)\3(?:(?!\3)[^\\\n]|\\[^\n])*\3[gpiI0-9]*)\s*(?:;\s*|\n|$)`);
/** Kinds of `sed` differ in whether a delimiter in brackets ends the pattern. */
const hasOpenBracket = (pattern = ''): boolean => pattern.lastIndexOf('[') > pattern.lastIndexOf(']');

/** Whether a script of `sed` does nothing but print, leave out and replace. */
function isPlainSed(script: string): boolean {
  let rest = script;
  while (rest !== '') {
    const command = SED_COMMAND.exec(rest);
    if (!command || [command[1], command[2], command[4]].some(hasOpenBracket)) return false;
    rest = rest.slice(command[0].length);
  }
  return true;
}

/** How `sed` is called: whether its scripts can be read and are plain, and whether it changes files. */
export function sedCall(args: readonly Word[]): { readonly plain: boolean; readonly changesFiles: boolean; readonly certain: boolean } {
  const scripts: Word[] = [];
  const operands: Word[] = [];
  let changesFiles = false;
  let certain = !args.some((a) => a.expands === 'anything');
  for (let i = 0; i < args.length; i++) {
    const { text } = args[i]!;
    if (text === '-e' || text === '--expression') scripts.push(args[++i] ?? { text: '\0', expands: 'anything' });
    else if (/^(-i\S*|-[nErsuz]+i\S*|--in-place(=.*)?)$/.test(text)) changesFiles = true;
    else if (/^-./.test(text) && !/^-[nErsuz]+$/.test(text)) certain = false;
    else if (!/^-./.test(text)) operands.push(args[i]!);
  }
  const all = scripts.length > 0 ? scripts : operands.slice(0, 1);
  return { plain: all.length > 0 && all.every((s) => s.expands === 'nothing' && isPlainSed(s.text)), changesFiles, certain };
}

export const sed: Reading = (args) => {
  const { plain, changesFiles, certain } = sedCall(args);
  if (!certain) return UNKNOWN_OPTION;
  return plain ? changesFiles ? 'it changes files' : undefined : 'its script is not known to only read';
};

export const awk: Reading = (args) => {
  if (args.some((a) => a.expands === 'anything')) return 'its program can\'t be read';
  const rest = [...args];
  while (rest[0] && /^-[Fv]/.test(rest[0].text)) rest.splice(0, /^-[Fv]$/.test(rest[0].text) ? 2 : 1);
  const program = rest[0];
  if (!program || program.expands !== 'nothing' || program.text.startsWith('-')) return 'its program can\'t be read';
  return /[|>@]|system|getline|close|-f/.test(program.text) ? 'its program is not known to only read' : undefined;
};

export const find: Reading = (args) => {
  if (args.some((a) => a.expands === 'anything')) return 'an argument that is only known when it runs could be an action';
  const action = args.find((a) => /^-(delete|exec|execdir|ok|okdir|fprint|fprint0|fprintf|fls)$/.test(a.text));
  return action ? `with "${action.text}" it does more than read` : undefined;
};

export const date: Reading = (args) => {
  const other = args.find((a) => a.expands === 'anything' || !(/^[+]/.test(a.text) || /^(-u|--utc|-R|-I\w*|--iso-8601(=\w+)?|--rfc-\d+(=\w+)?)$/.test(a.text)));
  return other ? `"${other.text}" could set the clock` : undefined;
};

/** bash evaluates the index of a variable that it is asked about with `-v`, commands in it too. */
export const test: Reading = (args) => (args.some((a) => /^-[vR]$/.test(a.text)) ? 'asking about a variable can run what stands in its index' : undefined);

export const sysctl: Reading = (args) => {
  const other = args.find((a) => a.expands !== 'nothing' || a.text.includes('=') || (a.text.startsWith('-') && !/^-[anNeb]+$/.test(a.text)));
  return other ? `"${other.text}" could set something` : undefined;
};

/** `ip link s` is `ip link set`: of abbreviations only those are taken that mean `show` for every object. */
export const ip: Reading = (args) => {
  const rest = args.filter((a) => !/^-(4|6|s|d|o|j|p|br|brief|json|color|details|statistics|oneline)$/.test(a.text));
  if (rest.some((a) => a.expands === 'anything')) return 'an argument is only known when it runs';
  const [object, verb] = rest;
  if (!object || object.expands !== 'nothing' || !/^(a|addr|address|l|link|r|route|n|neigh|neighbour|rule|maddr|tunnel)$/.test(object.text)) return 'what it looks at is not known to be harmless';
  return !verb || (verb.expands === 'nothing' && /^(sh|show|list|ls|get)$/.test(verb.text)) ? undefined : `"${verb.text}" does more than read`;
};

/** A path in the name of a service would run another script. */
export const service: Reading = ([name, verb, ...more]) => (name?.expands === 'nothing' && /^[\w@.-]+$/.test(name.text) && !name.text.startsWith('-') && verb?.expands === 'nothing' && verb.text === 'status' && more.length === 0 ? undefined : 'only "service NAME status" is known to only read');

export const set: Reading = (args) => (args.every((a) => a.expands === 'nothing' && (/^[-+][euxo]+$/.test(a.text) || a.text === 'pipefail')) ? undefined : 'it sets arguments');

export const top: Reading = (args) => (args.some((a) => a.expands === 'anything') || !args.some((a) => /^-\w*b/.test(a.text)) ? 'without -b it waits for keys' : undefined);

/** Options of queries; others set macros, which may run commands, or are aliases for a pipe to a shell. */
export const rpm: Reading = (args) => {
  const [query] = args;
  if (query?.expands !== 'nothing' || !/^(-q[ailcdfRpst]*|-V[afp]*|--query|--verify)$/.test(query.text)) return 'only queries are known to only read';
  const other = args.slice(1).find((a) => a.expands === 'anything' || (a.text.startsWith('-') && !/^(-[ailcdfRp]+|--(all|info|list|file|changelog|last|requires|provides|whatrequires|whatprovides|configfiles|docfiles|scripts|qf|queryformat|nodigest|nosignature)(=.*)?)$/.test(a.text)));
  return other ? `"${other.text}" is not known to only read` : undefined;
};

const OPENSSL = /^(-(in|inform|noout|text|dates|enddate|startdate|subject|issuer|serial|fingerprint|sha1|sha256|checkend|checkhost|checkip|ext|pubkey|modulus|hash|purpose|email|nameopt|CAfile|CApath|untrusted|verbose|show_chain|a|v|d|s|tls1|tls1_1|tls1_2|tls1_3|stdname))$/;
const opensslVerb = (args: readonly Word[]): boolean => args[0]?.expands === 'nothing' && /^(version|x509|verify|ciphers)$/.test(args[0].text);
/** `s_client` sends what it is given to a server. */
export const openssl: Reading = (args) => {
  if (!opensslVerb(args)) return `"${args[0]?.text ?? ''}" is not known to only read`;
  const other = args.slice(1).find((a) => a.expands === 'anything' || (a.text.startsWith('-') && !OPENSSL.test(a.text)));
  return other ? `"${other.text}" is not known to only read` : undefined;
};

/** A semicolon among its arguments begins another command of `nft`. */
export const nft: Reading = (args) => {
  if (args[0]?.expands !== 'nothing' || args[0].text !== 'list') return 'only "nft list" is known to only read';
  const other = args.find((a) => a.expands !== 'nothing' || !/^[\w./-]+$/.test(a.text) || a.text.startsWith('-'));
  return other ? `"${other.text}" is not known to only read` : undefined;
};
