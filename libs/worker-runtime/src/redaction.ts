import { REDACTED, type Credential } from '@opsmesh/contracts';

/** Shorter secrets would be found in everything. */
const SHORTEST = 4;
/** A line of a key shorter than this is not looked for by itself. */
const KEY_LINE = 16;

/** Members of a credential that are no secrets. */
const OPEN = new Set(['kind', 'username', 'certificate']);

/**
 * Takes the secrets of credentials out of what leaves an attempt: exact occurrences of each, as they are and as JSON (once and twice), base64
 * (UTF-8 and UTF-16LE, also for URLs) and URLs write them. It guards against tools that repeat what they were given; it finds no parts of a secret.
 */
export class Redactor {
  private readonly needles: readonly string[];

  constructor(credentials: readonly Credential[]) {
    const texts = credentials.flatMap((c) => Object.entries(c)).flatMap(([name, value]: [string, unknown]) => (OPEN.has(name) || typeof value !== 'string' ? [] : [value]));
    const all = texts.flatMap((s) => [s, s.trim(), ...keyLines(s)]).filter((s) => s.length >= SHORTEST).flatMap(spellings);
    // Long ones first: a short one may be a part of a long one.
    this.needles = [...new Set(all)].filter((s) => s.length >= SHORTEST).sort((a, b) => b.length - a.length);
  }

  text(text: string): string {
    let clean = text;
    for (const needle of this.needles) {
      if (clean.includes(needle)) clean = clean.replaceAll(needle, () => REDACTED);
    }
    return clean;
  }

  /** The same value with every text in it cleaned, names of properties too. */
  value(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) return value.map((v) => this.value(v));
    if (typeof value !== 'object' || value === null || typeof (value as { toJSON?: unknown }).toJSON === 'function') return value;
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [this.text(k), this.value(v)]));
  }
}

/** The body of a PEM, line by line: some tools wrap or indent it anew. */
function keyLines(secret: string): string[] {
  return secret.includes('\n') ? secret.split('\n').map((l) => l.trim()).filter((l) => l.length >= KEY_LINE && !l.startsWith('-----')) : [];
}

function spellings(secret: string): string[] {
  const json = asJson(secret);
  const url = encodeURIComponent(secret.replace(/\p{Surrogate}/gu, '\uFFFD'));
  const bytes = [Buffer.from(secret, 'utf8'), Buffer.from(secret, 'utf16le')];
  return [
    secret, json, asJson(json),
    url, url.replaceAll('%20', '+'), url.replace(/%[0-9A-F]{2}/g, (c) => c.toLowerCase()),
    ...bytes.flatMap((b) => [b.toString('base64'), b.toString('base64').replace(/=+$/, ''), b.toString('base64url')]),
  ];
}

function asJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
