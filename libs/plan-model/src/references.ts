import type { Json } from './plan.js';

/** One step of a path: an own property, a place in a list (negative from its end), or every element. */
export type PathPart = { readonly kind: 'name'; readonly name: string } | { readonly kind: 'index'; readonly index: number } | { readonly kind: 'all' };

/** A parsed reference. `root` is the first name as written; `fallback` is absent when there is no default. */
export interface Reference {
  readonly root: string;
  readonly path: readonly PathPart[];
  readonly fallback?: { readonly value: Json };
  /** As written, without the brackets. */
  readonly text: string;
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
const CLOSE = { '<<': '>>', '{{': '}}' } as const;

/** Longest path of a reference, in parts. */
const MAX_PARTS = 64;
const CACHE_SIZE = 5000;
const cache = new Map<string, Template>();

/**
 * Reads a string of a plan. Results are cached by the string.
 * @throws ReferenceError
 */
export function parseTemplate(text: string): Template {
  const known = cache.get(text);
  if (known) return known;
  const template = parse(text);
  if (text.length < 1000) {
    if (cache.size >= CACHE_SIZE) cache.delete(cache.keys().next().value!);
    cache.set(text, template);
  }
  return template;
}

function parse(text: string): Template {
  const parts: (string | Reference)[] = [];
  let from = 0;
  OPEN.lastIndex = 0;
  for (let open = OPEN.exec(text); open; open = OPEN.exec(text)) {
    const close = endOf(text, open.index + 2, CLOSE[open[0] as '<<' | '{{']);
    if (close < 0) throw new ReferenceError('reference-syntax', `"${open[0]}" is not closed by "${CLOSE[open[0] as '<<']}"`);
    if (open.index > from) parts.push(text.slice(from, open.index));
    parts.push(parseReference(text.slice(open.index + 2, close)));
    from = close + 2;
    OPEN.lastIndex = from;
  }
  if (parts.length === 0) return { kind: 'text', text };
  if (from < text.length) parts.push(text.slice(from));
  const [only] = parts;
  return parts.length === 1 && typeof only === 'object' ? { kind: 'reference', reference: only } : { kind: 'mixed', parts };
}

/** Index of the closing bracket, not looking inside quotes; -1 when there is none. */
function endOf(text: string, from: number, close: string): number {
  let quote = '';
  for (let i = from; i < text.length; i++) {
    const c = text[i]!;
    if (quote) {
      if (c === '\\') i++;
      else if (c === quote) quote = '';
    } else if (c === '"' || c === "'") quote = c;
    else if (text.startsWith(close, i)) return i;
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
      path.push(m[1] !== undefined ? { kind: 'index', index: Number(m[1]) } : m[2] ? { kind: 'all' } : { kind: 'name', name: allowed((m[3] ?? m[4]!).replace(/\\(.)/g, '$1')) });
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
  try {
    return JSON.parse(text) as Json;
  } catch {
    return bad('what follows ?? must be a JSON value, such as "text" or 5');
  }
}

function allowed(name: string): string {
  if (FORBIDDEN_NAMES.has(name)) throw forbidden(name);
  return name;
}

function forbidden(name: string): ReferenceError {
  return new ReferenceError('forbidden-path', `a path may not name "${name}"`);
}

/** Follows a path through own properties and list elements only; undefined when there is nothing. `.length` is that of a list or text. */
export function follow(value: Json | undefined, path: readonly PathPart[]): Json | undefined {
  let current = value;
  for (const [i, part] of path.entries()) {
    if (current === undefined || current === null) return undefined;
    if (part.kind === 'all') {
      if (!Array.isArray(current)) return undefined;
      const rest = path.slice(i + 1);
      const found = current.map((element) => follow(element, rest)).filter((v) => v !== undefined);
      // A second [*] inside makes one list, not a list of lists.
      return rest.some((p) => p.kind === 'all') ? found.flat(1) : found;
    }
    if (part.kind === 'index') current = Array.isArray(current) ? current.at(part.index) : undefined;
    else if (part.name === 'length' && (Array.isArray(current) || typeof current === 'string')) current = current.length;
    else current = typeof current === 'object' && !Array.isArray(current) && Object.hasOwn(current, part.name) ? current[part.name] : undefined;
  }
  return current;
}

/** The text of a path, for messages and canonical references. */
export function pathText(path: readonly PathPart[]): string {
  return path.map((p) => (p.kind === 'all' ? '[*]' : p.kind === 'index' ? `[${p.index}]` : /^[A-Za-z_][A-Za-z0-9_-]*$/.test(p.name) ? `.${p.name}` : `['${p.name.replace(/['\\]/g, '\\$&')}']`)).join('');
}
