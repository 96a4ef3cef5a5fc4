/** Where a text stops being JSON: `position` in UTF-16 units from 0, `line` and `column` from 1. */
export interface JsonPosition {
  readonly position: number;
  readonly line: number;
  readonly column: number;
}

const SPACE = /[ \t\r\n]*/y;
const SCALAR = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

type Expected = 'value' | 'value-or-end' | 'key' | 'key-or-end' | 'colon' | 'comma-or-end' | 'nothing';

/** The first place at which `text` can't be JSON (RFC 8259), which V8 does not tell for every error; undefined when it is JSON. */
export function jsonErrorPosition(text: string): JsonPosition | undefined {
  const open: ('{' | '[')[] = [];
  let expected: Expected = 'value';
  let at = 0;
  const skip = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? '';
    at += found.length;
    return found;
  };
  const afterValue = (): Expected => (open.length === 0 ? 'nothing' : 'comma-or-end');
  for (;;) {
    skip(SPACE);
    if (at >= text.length) return expected === 'nothing' ? undefined : place(text, at);
    const start = at;
    const c = text[at]!;
    const inObject: boolean = open.at(-1) === '{';
    if ((expected === 'value' || expected === 'value-or-end') && (c === '{' || c === '[')) {
      open.push(c);
      at++;
      expected = c === '{' ? 'key-or-end' : 'value-or-end';
    } else if ((expected === 'key-or-end' || (expected === 'comma-or-end' && inObject)) && c === '}') {
      open.pop();
      at++;
      expected = afterValue();
    } else if ((expected === 'value-or-end' || (expected === 'comma-or-end' && !inObject)) && c === ']') {
      open.pop();
      at++;
      expected = afterValue();
    } else if (expected === 'comma-or-end' && c === ',') {
      at++;
      expected = inObject ? 'key' : 'value';
    } else if (expected === 'colon' && c === ':') {
      at++;
      expected = 'value';
    } else if ((expected === 'key' || expected === 'key-or-end') && c === '"' && skip(SCALAR)) {
      expected = 'colon';
    } else if ((expected === 'value' || expected === 'value-or-end') && skip(SCALAR)) {
      expected = afterValue();
    } else {
      return place(text, start);
    }
  }
}

function place(text: string, position: number): JsonPosition {
  const before = text.slice(0, position).split('\n');
  return { position, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
