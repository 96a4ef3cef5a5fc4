import type { Findings } from './diagnostics.js';
import { pointerOf } from './json-pointer.js';
import { isLargerThan } from './json-size.js';
import { LIMITS, type Json } from './plan.js';
import { FORBIDDEN_NAMES } from './references.js';

/** Keys under which steps stand: what is below them is not nested by that alone. Steps in steps are counted where they are read. */
const STRUCTURE: ReadonlySet<string> = new Set(['steps', 'branch', 'else', 'loop', 'orchestration', 'alternative', 'compensate', 'onFailure', 'on_failure', 'failure_handling']);
/** Deepest JSON of any plan: far below what JSON readers can follow. */
const MOST_NESTED = LIMITS.nesting * 8;

/** Checks what holds for any part of a document: that it is JSON, its size and nesting, its keys and characters. */
export function checkDocument(document: unknown, findings: Findings): document is Json {
  const queue: Part[] = [{ value: document, pointer: '', depth: 0, levels: 0, structural: true }];
  let parts = 0;
  for (let next = queue.pop(); next; next = queue.pop()) {
    const { value, pointer, depth, levels, structural } = next;
    // Each part takes two bytes at least, so that a huge document ends here.
    if (++parts > LIMITS.planBytes / 2) return tooLarge(findings);
    if (typeof value === 'string') checkText(value, pointer, findings);
    if (typeof value !== 'object' || value === null) {
      if (!isJsonScalar(value)) findings.error('invalid-value', pointer, 'is no JSON value');
      continue;
    }
    if (depth >= LIMITS.nesting || levels >= MOST_NESTED) {
      findings.error('limit-exceeded', pointer, `the plan is nested more than ${LIMITS.nesting} deep here`);
      return false;
    }
    if (!isPlain(value)) {
      findings.error('invalid-value', pointer, 'is no JSON value');
      continue;
    }
    for (const [key, v] of Object.entries(value)) {
      const at = `${pointer}/${pointerOf(key)}`;
      if (FORBIDDEN_NAMES.has(key)) findings.error('forbidden-key', at, `"${key}" may not be a key`);
      checkText(key, at, findings);
      const isStructure = structural && (Array.isArray(value) || STRUCTURE.has(key));
      if (v !== undefined || Array.isArray(value)) queue.push({ value: v, pointer: at, depth: isStructure ? depth : depth + 1, levels: levels + 1, structural: isStructure });
    }
  }
  if (findings.failed) return false;
  return isLargerThan(document as Json, LIMITS.planBytes) ? tooLarge(findings) : true;
}

/** `structural`: everything above it belongs to the structure of the plan. */
interface Part { readonly value: unknown; readonly pointer: string; readonly depth: number; readonly levels: number; readonly structural: boolean }

function tooLarge(findings: Findings): false {
  findings.error('limit-exceeded', '', `the plan is larger than ${LIMITS.planBytes / 1024} KiB; give long lists as inputs of the run`);
  return false;
}

/** The record takes neither. */
function checkText(text: string, pointer: string, findings: Findings): void {
  if (text.includes('\0')) findings.error('invalid-value', pointer, 'holds a NUL character');
  else if (/\p{Surrogate}/u.test(text)) findings.error('invalid-value', pointer, 'holds half a character (a lone surrogate)');
}

function isJsonScalar(value: unknown): boolean {
  return value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
}

function isPlain(value: object): boolean {
  if (Array.isArray(value)) return Object.keys(value).length === value.length;
  const prototype: unknown = Object.getPrototypeOf(value);
  // An object of another realm has another Object.prototype, which has no prototype either.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
