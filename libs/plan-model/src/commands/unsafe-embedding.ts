/** A value can't be put into a command safely; the message says why and what to write instead. */
export class UnsafeEmbedding extends Error {
  override readonly name = 'UnsafeEmbedding';
}

/** Writes a value at its place in a command. */
export type Slot = (value: string) => string;

/** Reads the author's text of a command from its beginning, to know what a value at each place would be part of. */
export interface CommandScanner {
  read(text: string): void;
  /**
   * A value stands here.
   * @throws UnsafeEmbedding
   */
  slot(): Slot;
  /**
   * The command ends here.
   * @throws UnsafeEmbedding for what only the whole command shows.
   */
  end(): void;
}
