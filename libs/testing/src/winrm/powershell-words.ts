/** One word of a statement; what stood in quotes keeps how. */
export interface Word {
  readonly text: string;
  readonly quoted: 'single' | 'double' | undefined;
}

/** PowerShell takes five characters for a single quote and four for a double one (about_Quoting_Rules; the tokenizer's IsSingleQuote, IsDoubleQuote). */
const SINGLE = '\'\u2018\u2019\u201a\u201b';
const DOUBLE = '"\u201c\u201d\u201e';

/** What the plan language puts in place of a value: data, wherever it stands. */
export const DECODED_VALUE = /\(\[Text\.Encoding\]::UTF8\.GetString\(\[Convert\]::FromBase64String\('([A-Za-z0-9+/=]*)'\)\)\)/;
const DECODED_HERE = new RegExp(DECODED_VALUE, 'y');

export function decodedValue(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}

/** Statements of a script, without comments; parted by line ends and `;` outside of quotes. */
export function statementsOf(script: string): string[] {
  const statements: string[] = [];
  let current = '';
  for (let i = 0; i < script.length;) {
    const c = script[i]!;
    const end = isQuote(c) ? endOfQuote(script, i) : undefined;
    if (end !== undefined) {
      current += script.slice(i, end);
      i = end;
    } else if (c === '#' && (current === '' || /\s$/.test(current))) {
      const line = script.indexOf('\n', i);
      i = line < 0 ? script.length : line;
    } else {
      if (c === '\n' || c === '\r' || c === ';') {
        statements.push(current.trim());
        current = '';
      } else current += c;
      i++;
    }
  }
  statements.push(current.trim());
  return statements.filter((s) => s !== '');
}

/** Words of a statement. Quotes are taken off; a doubled quote within quotes is one. */
export function wordsOf(statement: string): Word[] {
  const words: Word[] = [];
  for (let i = 0; i < statement.length;) {
    const c = statement[i]!;
    DECODED_HERE.lastIndex = i;
    const decoded = DECODED_HERE.exec(statement);
    if (decoded) {
      words.push({ text: decodedValue(decoded[1]!), quoted: 'single' });
      i = DECODED_HERE.lastIndex;
    } else if (/\s/.test(c)) {
      i++;
    } else if (isQuote(c)) {
      const end = endOfQuote(statement, i);
      const single = SINGLE.includes(c);
      const doubled = new RegExp(`([${single ? SINGLE : DOUBLE}])[${single ? SINGLE : DOUBLE}]`, 'g');
      words.push({ text: statement.slice(i + 1, end - 1).replace(doubled, '$1'), quoted: single ? 'single' : 'double' });
      i = end;
    } else {
      const rest = statement.slice(i).search(new RegExp(`[\\s${SINGLE}${DOUBLE}]`));
      const end = rest < 0 ? statement.length : i + rest;
      words.push({ text: statement.slice(i, end), quoted: undefined });
      i = end;
    }
  }
  return words;
}

function isQuote(c: string): boolean {
  return SINGLE.includes(c) || DOUBLE.includes(c);
}

/** Index after the closing quote; the end of the text when there is none. */
function endOfQuote(text: string, start: number): number {
  const kind = SINGLE.includes(text[start]!) ? SINGLE : DOUBLE;
  for (let i = start + 1; i < text.length; i++) {
    if (!kind.includes(text[i]!)) continue;
    if (i + 1 < text.length && kind.includes(text[i + 1]!)) i++;
    else return i + 1;
  }
  return text.length;
}
