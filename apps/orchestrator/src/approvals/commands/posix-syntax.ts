/** Substitutions in each other, commands in each other within one of them, and programs that run each other, at most. */
export const MOST_DEPTH = 30;

/** One word of a command, quotes removed. */
export interface Word {
  /** What is written; parts that are only known when it runs are left out. */
  readonly text: string;
  /**
   * What may become of it when it runs. `nothing`: it is as written. `operand`: something else, but never an option and never several words.
   * `anything`: any number of words.
   */
  readonly expands: 'nothing' | 'operand' | 'anything';
}

export interface Redirection {
  readonly operator: '<' | '<>' | '<&' | '>' | '>>' | '>|' | '>&';
  readonly target: Word;
}

/** Names are of variables that it sets for itself or the shell. */
export interface SimpleCommand {
  readonly kind: 'simple';
  readonly assignments: readonly string[];
  readonly words: readonly Word[];
  readonly redirections: readonly Redirection[];
}

/** `( )`, `{ }`, `if`, `while`, `until`, `for`, `case`. */
export interface CompoundCommand {
  readonly kind: 'compound';
  /** Variable that `for` sets. */
  readonly variable: string | undefined;
  readonly redirections: readonly Redirection[];
}

/** Every command of a script, also those in compounds and substitutions. How they are joined does not matter for what they may do. */
export type Command = SimpleCommand | CompoundCommand;

/** The script can't be read with certainty. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}
