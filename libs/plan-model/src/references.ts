import { pointerOf } from './json-pointer.js';
import { LIMITS, type Json } from './plan.js';

/** One step of a path: an own property, a place in a list (negative from its end), or every element. */
export type PathPart = { readonly kind: 'name'; readonly name: string } | { readonly kind: 'index'; readonly index: number } | { readonly kind: 'all' };

/** A parsed reference. `root` is the first name as written; `fallback` is absent when there is no default. */
export interface Reference {
  readonly root: string;
  readonly path: readonly PathPart[];
  readonly fallback?: { readonly value: Json };
  /** As written, without the brackets. */
  readonly text: string;
  /** Written as `{{path}}`. */
  readonly braces?: true;
}

/** A string of a plan: plain text, exactly one reference (which keeps its type), or text with references in it. */
export type Template =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'reference'; readonly reference: Reference }
  | { readonly kind: 'mixed'; readonly parts: readonly (string | Reference)[] };

/** Properties that no path may name: they lead out of the data. */
export const FORBIDDEN_NAMES: ReadonlySet<string> = new Set(['__proto__', 'prototype', 'constructor']);

/** A reference that can't be read; `code` is a diagnostic code. */
export class ReferenceError extends Error {
  override readonly name = 'ReferenceError';
  constructor(readonly code: 'reference-syntax' | 'forbidden-path', message: string) {
    super(message);
  }
}

const OPEN = /<<|\{\{/g;
/** What follows an opening bracket of a reference. Anything else is text: `{{.Names}}`, `<<'EOF'`. */
const BEGINS = /[ \t]*[A-Za-z_]/y;
/** An opening bracket that is not closed on its line is text (`cat <<EOF`), except before these: then it is a slip. */
const CERTAIN = /[ \t]*(?:item|index|input|context|steps|previous)\s*[.[]/y;

/** Longest path of a reference, in parts. */
const MAX_PARTS = 64;
/** Longest reference, in characters. It also bounds how far an opening bracket is followed. */
export const MAX_LENGTH = 1000;
/** Longest text that is cached, and what all cached texts may be together, in characters. */
const CACHED_TEXT = 64 * 1024;
const CACHE_TOTAL = 4 * 1024 * 1024;
const cache = new Map<string, Template>();
let cachedTotal = 0;

/**
 * Reads a string of a plan. Results are cached by the string.
 * @throws ReferenceError
 */
export function parseTemplate(text: string): Template {
  const known = cache.get(text);
  if (known) return known;
  const template = parse(text);
  if (text.length <= CACHED_TEXT) {
    cachedTotal += text.length;
    if (cachedTotal > CACHE_TOTAL) {
      cache.clear();
      cachedTotal = text.length;
    }
    cache.set(text, template);
  }
  return template;
}

function parse(text: string): Template {
  const parts: (string | Reference)[] = [];
  let from = 0;
  OPEN.lastIndex = 0;
  for (let open = OPEN.exec(text); open; open = OPEN.exec(text)) {
    const start = open.index + 2;
    const braces = open[0] === '{{';
    const close = beginsAt(BEGINS, text, start) ? endOf(text, start, braces ? '}}' : '>>') : -1;
    if (close < 0) {
      if (beginsAt(CERTAIN, text, start)) throw new ReferenceError('reference-syntax', `"${text.slice(open.index, start + 40)}" is not closed by "${braces ? '}}' : '>>'}"`);
      OPEN.lastIndex = open.index + 1;
      continue;
    }
    if (open.index > from) parts.push(text.slice(from, open.index));
    parts.push({ ...parseReference(text.slice(start, close)), ...(braces ? { braces } : {}) });
    from = close + 2;
    OPEN.lastIndex = from;
  }
  if (parts.length === 0) return { kind: 'text', text };
  if (from < text.length) parts.push(text.slice(from));
  const [only] = parts;
  return parts.length === 1 && typeof only === 'object' ? { kind: 'reference', reference: only } : { kind: 'mixed', parts };
}

function beginsAt(pattern: RegExp, text: string, at: number): boolean {
  pattern.lastIndex = at;
  return pattern.test(text);
}

/** Index of the closing bracket on the same line, not looking inside quotes and objects; -1 when there is none near enough. */
function endOf(text: string, from: number, close: string): number {
  let quote = '';
  let objects = 0;
  // The bracket and the spaces around a reference of the largest length.
  const end = Math.min(text.length, from + MAX_LENGTH + 8);
  const [closing] = close;
  for (let i = from; i < end; i++) {
    const c = text[i]!;
    if (c === '\n') return -1;
    if (quote) {
      if (c === '\\') i++;
      else if (c === quote) quote = '';
    } else if (c === '"' || c === "'") quote = c;
    else if (c === '{') objects++;
    else if (c === '}' && objects > 0) objects--;
    else if (c === closing && text[i + 1] === c) return i;
  }
  return -1;
}

const NAME = /[A-Za-z_][A-Za-z0-9_-]*/y;
const BRACKET = /\[\s*(?:(-?\d{1,9})|(\*)|'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*\]/y;

/**
 * Reads `path ?? "default"`.
 * @throws ReferenceError
 */
export function parseReference(source: string): Reference {
  const text = source.trim();
  const bad = (why: string): never => { throw new ReferenceError('reference-syntax', `"${text.slice(0, 100)}" is no reference: ${why}`); };
  NAME.lastIndex = 0;
  const root = NAME.exec(text)?.[0] ?? bad('it must begin with a name');
  if (FORBIDDEN_NAMES.has(root)) throw forbidden(root);
  const path: PathPart[] = [];
  let at = root.length;
  for (;;) {
    if (path.length > MAX_PARTS) bad(`it has more than ${MAX_PARTS} parts`);
    if (text[at] === '.') {
      NAME.lastIndex = at + 1;
      const name = NAME.exec(text)?.[0] ?? bad('a name must follow the dot');
      path.push({ kind: 'name', name: allowed(name) });
      at += 1 + name.length;
    } else if (text[at] === '[') {
      BRACKET.lastIndex = at;
      const m = BRACKET.exec(text) ?? bad("brackets hold a number, * or a 'name'");
      path.push(m[1] !== undefined ? { kind: 'index', index: Number(m[1]) + 0 } : m[2] ? { kind: 'all' } : { kind: 'name', name: allowed((m[3] ?? m[4]!).replace(/\\(.)/g, '$1')) });
      at += m[0].length;
    } else break;
  }
  const rest = text.slice(at).trim();
  if (rest === '') return { root, path, text };
  if (!rest.startsWith('??')) return bad(`"${rest.slice(0, 30)}" is not understood`);
  return { root, path, text, fallback: { value: literal(rest.slice(2).trim(), bad) } };
}

function literal(text: string, bad: (why: string) => never): Json {
  const single = /^'((?:[^'\\]|\\.)*)'$/.exec(text);
  if (single) return single[1]!.replace(/\\(.)/g, '$1');
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return bad('what follows ?? must be a JSON value, such as "text" or 5');
  }
  checkLiteral(value, bad);
  return value;
}

/** A default keeps to the limits of the plan around it, and can be written as JSON again. */
function checkLiteral(value: Json, bad: (why: string) => never, depth = 0): void {
  if (depth > LIMITS.nesting) bad(`a default may be nested ${LIMITS.nesting} deep`);
  if (typeof value === 'number' && !Number.isFinite(value)) bad('a number of the default is too large');
  if (typeof value !== 'object' || value === null) return;
  for (const [key, v] of Object.entries(value)) {
    if (FORBIDDEN_NAMES.has(key)) throw forbidden(key);
    checkLiteral(v, bad, depth + 1);
  }
}

function allowed(name: string): string {
  if (FORBIDDEN_NAMES.has(name)) throw forbidden(name);
  return name;
}

function forbidden(name: string): ReferenceError {
  return new ReferenceError('forbidden-path', `a path may not name "${name}"`);
}

/**
 * Follows a path through own properties and list elements only; undefined when there is nothing. `.length` is that of a list or text.
 * `[*]` gives one flat list of what every element has; if one element has nothing there, there is no value: no host is left out silently.
 */
export function follow(value: Json | undefined, path: readonly PathPart[], from = 0): Json | undefined {
  let current = value;
  for (let i = from; i < path.length; i++) {
    const part = path[i]!;
    if (current === undefined || current === null) return undefined;
    if (part.kind === 'all') return Array.isArray(current) ? followAll(current, path, i + 1) : undefined;
    if (part.kind === 'index') current = Array.isArray(current) ? current.at(part.index) : undefined;
    else if (part.name === 'length' && (Array.isArray(current) || typeof current === 'string')) current = current.length;
    else current = typeof current === 'object' && !Array.isArray(current) && Object.hasOwn(current, part.name) ? current[part.name] : undefined;
  }
  return current;
}

function followAll(list: readonly Json[], path: readonly PathPart[], from: number): Json | undefined {
  const found: Json[] = [];
  for (const element of list) {
    const value = follow(element, path, from);
    if (value === undefined) return undefined;
    found.push(value);
  }
  // A second [*] inside makes one list, not a list of lists.
  return path.some((p, i) => i >= from && p.kind === 'all') ? found.flat(1) : found;
}

/** The text of a reference with its brackets as they were written: {@link parseTemplate} reads the same again. */
export function referenceText({ text, braces }: Pick<Reference, 'text' | 'braces'>): string {
  return braces ? `{{${text}}}` : `<<${text}>>`;
}

/** The references in a string, in order. */
function referencesOf(template: Template): readonly Reference[] {
  return template.kind === 'text' ? [] : template.kind === 'reference' ? [template.reference] : template.parts.filter((p) => typeof p === 'object');
}

/** A reference and where in the value it stands. */
export interface FoundReference {
  /** JSON pointer of the string. */
  readonly pointer: string;
  readonly reference: Reference;
  /** Whether it is the whole string, so that the type of its value is kept. */
  readonly whole: boolean;
}

/**
 * Every reference in the strings of a value; keys are not searched.
 * @throws ReferenceError
 */
export function referencesIn(value: Json | { readonly [key: string]: Json }, pointer = ''): FoundReference[] {
  if (typeof value === 'string') {
    const template = parseTemplate(value);
    return referencesOf(template).map((reference) => ({ pointer, reference, whole: template.kind === 'reference' }));
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, v]) => referencesIn(v, `${pointer}/${pointerOf(key)}`));
}

/** The text of a path, for messages and canonical references. */
export function pathText(path: readonly PathPart[]): string {
  return path.map((p) => (p.kind === 'all' ? '[*]' : p.kind === 'index' ? `[${p.index}]` : /^[A-Za-z_][A-Za-z0-9_-]*$/.test(p.name) ? `.${p.name}` : `['${p.name.replace(/['\\]/g, '\\$&')}']`)).join('');
}
