/** Most nested levels of an answer. */
const DEPTH = 32;

/**
 * The JSON object in a model's text: the whole text, a fenced block, or from the first brace to the last. Half an object is no object: nothing is guessed.
 */
export function readJsonObject(text: string): Record<string, unknown> | undefined {
  const braces = text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1);
  for (const candidate of [text.trim(), fencedIn(text), braces]) {
    if (candidate === undefined || !candidate.trimStart().startsWith('{') || depthOf(candidate) > DEPTH) continue;
    try {
      const value: unknown = JSON.parse(candidate, (key, v: unknown) => (key === '__proto__' ? undefined : v));
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
    } catch {
      // The next candidate may be readable.
    }
  }
  return undefined;
}

/** The lines of the first fenced block. */
function fencedIn(text: string): string | undefined {
  const lines = text.split('\n');
  const begin = lines.findIndex((l) => /```(?:json)?$/.test(l.trimEnd())) + 1;
  const length = begin === 0 ? -1 : lines.slice(begin).findIndex((l) => l.trimStart().startsWith('```'));
  return length < 0 ? undefined : lines.slice(begin, begin + length).join('\n');
}

function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const c of text) {
    if (c === '{' || c === '[') deepest = Math.max(deepest, ++depth);
    else if (c === '}' || c === ']') depth--;
  }
  return deepest;
}
