import { itemRange, type StepState } from '@opsmesh/plan-model';
import type { ItemRow } from './database.js';

/** The items of each step in ascending order; of a step in a loop those of its present iteration. */
export function currentItems(items: Iterable<ItemRow>, steps: readonly StepState[]): readonly (readonly ItemRow[])[] {
  const found = steps.map((): ItemRow[] => []);
  for (const row of items) {
    const { from, to } = itemRange(steps[row.step]!);
    if (row.item < from || row.item >= to) continue;
    const own = found[row.step]!;
    let at = own.length;
    while (at > 0 && own[at - 1]!.item > row.item) at--;
    if (at === own.length) own.push(row);
    else own.splice(at, 0, row);
  }
  return found;
}
