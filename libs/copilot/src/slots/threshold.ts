/** A bound that a sentence sets to a figure: `more than 80 % full`, `less than 10 GB free`. */
export interface Threshold {
  readonly than: '>' | '>=' | '<' | '<=';
  /** Of a hundred, in bytes or in days. */
  readonly value: number;
  readonly unit: 'percent' | 'bytes' | 'days';
  /** Which figure is meant, as far as it was said. */
  readonly of: 'free' | 'used' | 'size' | null;
  /** As it was said. */
  readonly said: string;
}

const THAN: readonly (readonly [RegExp, Threshold['than']])[] = [
  [/^(?:>=|≥|at least|no less than|not less than)/i, '>='], [/^(?:<=|≤|at most|no more than|not more than|up to)/i, '<='], [/^(?:>|over|above|more than|greater than|higher than|larger than|exceeding|beyond)/i, '>'], [/^(?:<|under|below|less than|fewer than|lower than|smaller than|within)/i, '<'],
];
const BOUND = /(?<![\w/])((?:>=?|<=?|≥|≤|at least|no less than|not less than|at most|no more than|not more than|up to|over|above|more than|greater than|higher than|larger than|exceeding|beyond|under|below|less than|fewer than|lower than|smaller than|within)\s*(\d{1,9}(?:[.,]\d{1,3})?)\s*(%|percent\b|(?:[kmgt]i?)?b(?:ytes?)?\b|days?\b))/i;
const SCALE: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12, ki: 1024, mi: 1024 ** 2, gi: 1024 ** 3, ti: 1024 ** 4 };

export function thresholdIn(text: string): Threshold | null {
  const found = BOUND.exec(text);
  if (!found) return null;
  const [, said, number, written] = found;
  const than = THAN.find(([pattern]) => pattern.test(said!))?.[1];
  const unit = written!.toLowerCase();
  if (than === undefined) return null;
  const of = /\b(?:free|left|available|remaining|unused)\b/i.test(text) ? 'free' : /\b(?:used|full|usage|use|filled|utili[sz]ation|occupied)\b/i.test(text) ? 'used' : /\b(?:size|total|capacity|big|large|ram|memory)\b/i.test(text) ? 'size' : null;
  const value = Number(number!.replace(',', '.'));
  if (/^%|^percent/.test(unit)) return { than, value, unit: 'percent', of, said: said! };
  if (unit.startsWith('day')) return { than, value, unit: 'days', of: null, said: said! };
  return { than, value: value * SCALE[/^(?:[kmgt]i?)?(?=b)/.exec(unit)![0]]!, unit: 'bytes', of, said: said! };
}
