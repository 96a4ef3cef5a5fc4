import type { Threshold } from '../slots/threshold.js';
import type { Column, RowFilter } from './answer.js';

const OPPOSITE = { '>': '<', '>=': '<=', '<': '>', '<=': '>=' } as const;

/** The filter that a bound means for a table; undefined when none of its columns is meant. */
export function filterOf({ than, value, unit, of, said }: Threshold, columns: readonly Column[]): RowFilter | undefined {
  const titled = (pattern: RegExp): Column | undefined => columns.find((c) => pattern.test(c.title) && (c.unit ?? null) === (unit === 'days' ? null : unit));
  switch (unit) {
    case 'days': {
      const left = titled(/\bdays? left\b/i);
      return left && { column: left.title, than, value, said };
    }
    case 'percent': {
      const used = titled(/^(?:use|used|usage)$/i);
      // What is free is what is not used.
      return used && (of === 'free' ? { column: used.title, than: OPPOSITE[than], value: 100 - value, said } : { column: used.title, than, value, said });
    }
    case 'bytes': {
      const meant = titled(of === 'free' ? /\bfree\b/i : of === 'used' ? /^used\b/i : of === 'size' ? /^(?:size|memory|total)$/i : /^(?!)/);
      return meant && { column: meant.title, than, value, said };
    }
  }
}

export function isWithin(cell: unknown, { than, value }: RowFilter): boolean {
  if (typeof cell !== 'number') return false;
  switch (than) {
    case '>': return cell > value;
    case '>=': return cell >= value;
    case '<': return cell < value;
    case '<=': return cell <= value;
  }
}
