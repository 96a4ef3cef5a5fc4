import { maskInputs } from '../store/mask-inputs.js';

/** Format characters (bidi controls and isolates, zero width, soft hyphen, tags), fillers, variation selectors, and controls other than tab and line ends. */
const HIDDEN = /[\p{Cf}\u115F\u1160\u3164\uFFA0\u034F\u17B4\u17B5\u2028\u2029\uE000\uFE00-\uFE0F\u{E0100}-\u{E01EF}]|(?![\t\n])\p{Cc}|\p{Cs}/gu;

/** A text as people may see it: every character that is not seen, or changes how others are seen, is written as `⟨U+202E⟩`. */
export function shownText(text: string): string {
  return /^[\x20-\x7e\n\t]*$/.test(text) ? text : text.replace(HIDDEN, (c) => `⟨U+${c.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}⟩`);
}

/** Inputs as people may see them: hidden characters visible, secrets masked. */
export function shownInputs(inputs: Record<string, unknown>, schema: Record<string, unknown>): Record<string, unknown> {
  return shownValue(maskInputs(inputs, schema)) as Record<string, unknown>;
}

function shownValue(value: unknown): unknown {
  if (typeof value === 'string') return shownText(value);
  if (Array.isArray(value)) return value.map(shownValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [shownText(k), shownValue(v)]));
}
