import { DECODED_VALUE, decodedValue, type Word } from './powershell-words.js';

/** What a simulated script can name. */
export interface Scope {
  /** `$data`, and by dots what is in it. */
  readonly data: unknown;
  /** `$args`, and by index. */
  readonly args: readonly unknown[];
  /** `$env:NAME`, in any case. */
  readonly environment: Readonly<Record<string, string>>;
}

const IN_TEXT = new RegExp(`\\$(?:${DECODED_VALUE.source}|(env:\\w+|\\w+))`, 'gi');
const VARIABLE = /^\$(?:env:(\w+)|args(?:\[(\d+)\])?|data((?:\.\w+)*))$/i;

/** The text of a word: single quotes keep everything, double quotes put variables in. Variables that are not known are empty, as in PowerShell. */
export function valueOf(word: Word, scope: Scope): string {
  if (word.quoted === 'single') return word.text;
  if (word.quoted === 'double') return word.text.replace(IN_TEXT, (whole, base64?: string) => (base64 === undefined ? variable(whole, scope) : decodedValue(base64)));
  return word.text.startsWith('$') ? variable(word.text, scope) : word.text;
}

function variable(name: string, { data, args, environment }: Scope): string {
  const m = VARIABLE.exec(name);
  if (!m) return '';
  const [, env, index, path] = m;
  if (env !== undefined) return Object.entries(environment).find(([k]) => k.toLowerCase() === env.toLowerCase())?.[1] ?? '';
  if (path === undefined) return index === undefined ? args.map(text).join(' ') : text(args[Number(index)]);
  return text(path.split('.').slice(1).reduce<unknown>((v, key) => (typeof v === 'object' && v !== null ? (v as Record<string, unknown>)[key] : undefined), data));
}

function text(value: unknown): string {
  return value === undefined || value === null ? '' : String(value);
}
