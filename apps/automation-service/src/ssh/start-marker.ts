/** Bytes kept while waiting for the marker; login noise beyond it is dropped. */
const KEPT = 64 * 1024;

/** What became of a chunk: still waiting, or the rest of the marker's line and what follows it. */
export type MarkerProgress = { readonly found: false } | { readonly found: true; readonly words: readonly string[]; readonly rest: Buffer };

/** Cuts a stream at the line `<marker> word word`; what stands before it is not the command's. */
export class StartMarker {
  private held: Buffer = Buffer.alloc(0);

  constructor(private readonly text: string) {}

  /** What was printed so far instead of the marker, as text. */
  get noise(): string {
    return this.held.toString('utf8').trim();
  }

  push(chunk: Buffer): MarkerProgress {
    this.held = this.held.length === 0 ? chunk : Buffer.concat([this.held, chunk]);
    const at = this.held.indexOf(this.text);
    const end = at < 0 ? -1 : this.held.indexOf(0x0a, at);
    if (end < 0) {
      if (this.held.length > KEPT) this.held = this.held.subarray(this.held.length - KEPT);
      return { found: false };
    }
    const words = this.held.toString('latin1', at + this.text.length, end).trim().split(' ').filter((w) => w !== '');
    const rest = this.held.subarray(end + 1);
    this.held = Buffer.alloc(0);
    return { found: true, words, rest };
  }
}
