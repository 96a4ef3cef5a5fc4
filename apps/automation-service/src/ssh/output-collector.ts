import { StringDecoder } from 'node:string_decoder';
import { Redactor } from './redaction.js';

export interface CollectorOptions {
  /** Most bytes kept of the stream, after redaction. */
  readonly maxBytes: number;
  readonly secrets: readonly string[];
  /** Told each kept piece of text as it comes; the stream is not read on before a promise it gives has settled. */
  readonly onText?: (text: string) => void | Promise<void>;
}

/**
 * Keeps the beginning of one output stream as text.
 * 1. Bytes are redacted before they are decoded, kept or told.
 * 2. Decoding has state: a character cut by a chunk's edge arrives whole; bytes that are no UTF-8 become U+FFFD.
 * 3. Beyond the cap everything is dropped at once, so memory stays flat; `truncated` says so. The cut never splits a character.
 */
export class OutputCollector {
  private readonly decoder = new StringDecoder('utf8');
  private readonly redactor: Redactor;
  private readonly texts: string[] = [];
  private bytes = 0;
  private cut = false;

  constructor(private readonly options: CollectorOptions) {
    this.redactor = new Redactor(options.secrets);
  }

  get truncated(): boolean {
    return this.cut;
  }

  get text(): string {
    return this.texts.join('');
  }

  /** A promise when the one who is told of the text wants the stream to wait. */
  push(chunk: Buffer): void | Promise<void> {
    if (this.cut) return undefined;
    return this.keep(this.redactor.push(chunk));
  }

  /** Takes what redaction and decoding still hold; call it once at the end. */
  end(): void {
    if (!this.cut) {
      void this.keep(this.redactor.flush());
      if (!this.cut) void this.tell(this.decoder.end());
    }
  }

  private keep(bytes: Buffer): void | Promise<void> {
    const room = this.options.maxBytes - this.bytes;
    if (bytes.length <= room) {
      this.bytes += bytes.length;
      return this.tell(this.decoder.write(bytes));
    }
    this.cut = true;
    this.bytes = this.options.maxBytes;
    return this.tell(this.decoder.write(bytes.subarray(0, room)));
  }

  private tell(text: string): void | Promise<void> {
    if (text === '') return undefined;
    this.texts.push(text);
    return this.options.onText?.(text);
  }
}
