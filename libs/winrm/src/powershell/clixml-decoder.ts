import { StringDecoder } from 'node:string_decoder';
import { CLIXML_HEADER } from './clixml-encode.js';
import { unescapeClixml } from './clixml-escapes.js';

/** Longest piece that is held back for its end, in characters. */
const MAX_HELD = 1_048_576;

/** How the console shows the streams; Error as it is. Information records are on standard output already (Write-Host). */
const LABEL: Readonly<Record<string, string | undefined>> = { error: '', warning: 'WARNING: ', verbose: 'VERBOSE: ', debug: 'DEBUG: ' };

/** Where the reader is: plain text; at a header; behind `</Objs>`, where another document may follow; between `<Objs>` and `</Objs>`. */
type State = 'text' | 'header' | 'behind' | 'records';

/**
 * Standard error of PowerShell as text, piece by piece: plain text as it is, of CLIXML (MS-PSRP 2.2.5) the text of errors, warnings, verbose and debug.
 * 1. What is given out is never taken back; what may still become a header, a tag or a record is held back, up to a limit.
 * 2. However the bytes are cut into pieces, the text is the same (below that limit).
 */
export class ClixmlDecoder {
  private readonly utf8 = new StringDecoder('utf8');
  private pending = '';
  private state: State = 'text';
  /** Elements that are open below `<Objs>`. */
  private depth = 0;
  /** The record being read, if its text counts. */
  private record: { readonly label: string; text: string; started: boolean } | undefined;
  /** Whether text now belongs to `record`. */
  private capturing = false;

  push(bytes: Buffer): string {
    return this.read(this.utf8.write(bytes), false);
  }

  /** What was held back. */
  end(): string {
    return this.read(this.utf8.end(), true);
  }

  private read(text: string, isLast: boolean): string {
    this.pending += text;
    let out = '';
    for (;;) {
      const { length } = this.pending;
      const { state } = this;
      out += this.step(isLast);
      if (this.pending.length === length && this.state === state) break;
    }
    if (isLast || this.pending.length > MAX_HELD) {
      out += this.state === 'records' ? '' : this.pending;
      this.pending = '';
    }
    return isLast ? out + this.finishRecord() : out;
  }

  /** Takes what can be taken of `pending`. */
  private step(isLast: boolean): string {
    switch (this.state) {
      case 'text': return this.plain(isLast);
      case 'header': return this.document(CLIXML_HEADER.length, isLast);
      case 'behind': return this.document(0, isLast);
      case 'records': return this.token();
    }
  }

  private plain(isLast: boolean): string {
    const at = this.pending.indexOf(CLIXML_HEADER);
    if (at >= 0) {
      this.state = 'header';
      return this.take(at);
    }
    return this.take(isLast ? this.pending.length : this.pending.length - beginningAtEnd(this.pending, CLIXML_HEADER));
  }

  /** Behind `skip` characters come white space and `<Objs`; anything else is plain text. */
  private document(skip: number, isLast: boolean): string {
    const rest = this.pending.slice(skip).trimStart();
    if (rest.startsWith('<Objs')) {
      this.pending = rest;
      this.state = 'records';
      this.depth = 0;
      return '';
    }
    if ('<Objs'.startsWith(rest) && !isLast) return '';
    this.state = 'text';
    return this.take(skip);
  }

  /** One tag, or the text before one. */
  private token(): string {
    const open = this.pending.indexOf('<');
    if (open !== 0) return this.characters(this.take(open < 0 ? this.pending.length : open));
    const close = this.pending.indexOf('>');
    return close < 0 ? '' : this.tag(this.take(close + 1));
  }

  private characters(text: string): string {
    if (!this.capturing || !this.record) return '';
    this.record.text += text;
    return this.record.text.length > MAX_HELD ? this.spill(withoutBegunEscape(this.record.text)) : '';
  }

  private tag(tag: string): string {
    const [, end, name = '', empty] = /^<(\/?)([\w:.-]+)[^>]*?(\/?)>$/.exec(tag) ?? [];
    if (name === 'Objs') {
      if (end) this.state = 'behind';
      return '';
    }
    if (name === '' || empty) return '';
    if (!end) this.begin(tag, name);
    else return this.finish();
    return '';
  }

  private begin(tag: string, name: string): void {
    this.depth += 1;
    if (this.depth === 1) {
      const stream = /\sS="([^"]*)"/.exec(tag)?.[1]?.toLowerCase() ?? '';
      const label = LABEL[stream];
      this.record = label === undefined ? undefined : { label, text: '', started: false };
      this.capturing = name === 'S';
      return;
    }
    // A whole error record says its text in its own ToString.
    this.capturing = this.depth === 2 && name === 'ToString';
  }

  private finish(): string {
    this.capturing = false;
    this.depth -= 1;
    return this.depth === 0 ? this.finishRecord() : '';
  }

  private finishRecord(): string {
    const { record } = this;
    if (!record) return '';
    const text = this.spill(record.text.length);
    this.record = undefined;
    return record.label === '' || text === '' || text.endsWith('\n') ? text : `${text}\r\n`;
  }

  /** Gives out the first characters of the record. */
  private spill(length: number): string {
    const { record } = this;
    if (!record || length === 0) return '';
    const text = (record.started ? '' : record.label) + unescapeClixml(record.text.slice(0, length));
    record.text = record.text.slice(length);
    record.started = true;
    return text;
  }

  private take(length: number): string {
    const taken = this.pending.slice(0, length);
    this.pending = this.pending.slice(length);
    return taken;
  }
}

/** How many characters can be given out without cutting an escape in two: up to the last one that no escape holds. */
function withoutBegunEscape(text: string): number {
  let length = text.length;
  while (length > 0 && /[\w&#;]/.test(text.charAt(length - 1))) length -= 1;
  return length === 0 ? text.length : length;
}

/** How many characters at the end of `text` are a beginning of `word`. */
function beginningAtEnd(text: string, word: string): number {
  for (let length = Math.min(word.length - 1, text.length); length > 0; length--) {
    if (text.endsWith(word.slice(0, length))) return length;
  }
  return 0;
}
