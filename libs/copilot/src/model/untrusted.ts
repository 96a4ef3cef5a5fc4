import { isSecretName, REDACTED } from '@opsmesh/contracts';
import { neutralText } from '../text/neutral-text.js';

/** What of an output may enter a prompt. */
export interface DataLimits {
  readonly characters: number;
  readonly rows: number;
  readonly text: number;
}

const PROMPT_DATA: DataLimits = { characters: 6000, rows: 20, text: 200 };
const DEPTH = 6;
const HOLDS_SECRET_WORD = /password|secret|token|credential|authorization|cookie/i;
/** What looks like a secret by itself: PEM blocks, JSON Web Tokens, keys of well-known services, `password=...`, bearer headers, URLs with a password. */
const SECRET_TEXT: readonly RegExp[] = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[^]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, /(?<![\w-])(?=((?:(?!\beyJ)[\w-])*))\1eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, /\b(?:gh[pousr]_|sk-|xox[abprs]-|glpat-)[\w-]{16,}/g,
  /\b(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key)\b["']?\s*[=:]\s*["']?[^\s"',;]{3,}/gi, /\bbearer\s+[\w.~+/=-]{8,}/gi, /(?<=:\/\/[^\s:/@]{1,128}:)[^\s@/]{1,256}(?=@)/g,
];

/**
 * Whether what is named so stays away from a model. More than {@link isSecretName}, which decides what plans lose: a prompt loses nothing without a value whose
 * name only holds such a word.
 */
export function mayNameSecret(name: string): boolean {
  return isSecretName(name) || HOLDS_SECRET_WORD.test(name);
}

/** Takes out what looks like a secret. It guards prompts against careless outputs; it is no proof that nothing is left. */
export function redacted(text: string): string {
  return SECRET_TEXT.reduce((t, pattern) => t.replace(pattern, REDACTED), text);
}

/**
 * An output as data for a prompt: JSON, capped in depth, rows, texts and altogether, secrets taken out, hidden characters visible. Whatever stands in it stays a
 * string of that JSON; what a model makes of it is checked like everything else that a model says.
 */
export function asData(value: unknown, limits: DataLimits = PROMPT_DATA): { readonly json: string; readonly truncated: boolean } {
  let truncated = false;
  const cut = (v: unknown, depth: number): unknown => {
    if (typeof v === 'string') {
      const clean = redacted(neutralText(v).shown);
      if (clean.length > limits.text) truncated = true;
      return clean.slice(0, limits.text);
    }
    if (typeof v !== 'object' || v === null) return v;
    if (depth >= DEPTH) {
      truncated = true;
      return Array.isArray(v) ? [] : {};
    }
    if (Array.isArray(v)) {
      if (v.length > limits.rows) truncated = true;
      return v.slice(0, limits.rows).map((e) => cut(e, depth + 1));
    }
    return Object.fromEntries(Object.entries(v).slice(0, 64).map(([k, e]) => [redacted(neutralText(k).shown).slice(0, 64), mayNameSecret(k) ? REDACTED : cut(e, depth + 1)]));
  };
  const json = JSON.stringify(cut(value, 0)) ?? 'null';
  return json.length <= limits.characters ? { json, truncated } : { json: JSON.stringify({ cut: json.slice(0, limits.characters) }), truncated: true };
}
