/** Where the output of a program goes. Once it overflows the program is stopped. */
export interface Sink {
  add(chunk: Buffer): void;
  readonly overflowed: boolean;
}

/** Text of at most so many bytes; what comes after is dropped. */
export class CappedText implements Sink {
  private readonly decoder = new TextDecoder();
  private readonly pieces: string[] = [];
  private bytes = 0;
  overflowed = false;

  constructor(private readonly maxBytes: number, private readonly onPiece?: (piece: string) => void) {}

  add(chunk: Buffer): void {
    const kept = chunk.subarray(0, this.maxBytes - this.bytes);
    this.overflowed ||= kept.length < chunk.length;
    this.bytes += kept.length;
    const piece = this.decoder.decode(kept, { stream: true });
    this.pieces.push(piece);
    if (piece) this.onPiece?.(piece);
  }

  text(): string {
    return this.pieces.join('') + this.decoder.decode();
  }
}

/** Bytes of at most so many; what comes after is dropped. */
export class CappedBytes implements Sink {
  private readonly pieces: Buffer[] = [];
  private size = 0;
  overflowed = false;

  constructor(private readonly maxBytes: number) {}

  add(chunk: Buffer): void {
    const kept = chunk.subarray(0, this.maxBytes - this.size);
    this.overflowed ||= kept.length < chunk.length;
    this.size += kept.length;
    if (kept.length > 0) this.pieces.push(kept);
  }

  bytes(): Buffer {
    return Buffer.concat(this.pieces);
  }
}

/** Gives away each whole line, without its end, and keeps none. A line longer than the cap is an overflow. */
export class LineReader implements Sink {
  private readonly decoder = new TextDecoder();
  private rest = '';
  overflowed = false;

  constructor(private readonly onLine: (line: string) => void, private readonly maxLine = 1024 * 1024) {}

  add(chunk: Buffer): void {
    if (this.overflowed) return;
    const lines = (this.rest + this.decoder.decode(chunk, { stream: true })).split('\n');
    this.rest = lines.pop()!;
    for (const line of lines) this.onLine(line);
    this.overflowed = this.rest.length > this.maxLine;
  }

  /** What came after the last line's end: the beginning of a line when the program was stopped. */
  remainder(): string {
    return this.rest + this.decoder.decode();
  }
}
