/** A fault that is put into the product on purpose: text of built modules, by the end of their path, and what takes its place. */
export interface Mutant {
  readonly name: string;
  readonly changes: readonly { readonly file: string; readonly find: string; readonly replace: string }[];
}
export const MUTANTS: readonly Mutant[];
