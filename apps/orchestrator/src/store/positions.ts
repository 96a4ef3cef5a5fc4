import type { AttemptRef, ItemRef } from '../engine/positions.js';
import type { Column, Columns } from './statement.js';

/** The columns that name an item: `run_id`, `step`, `item`. */
export function itemColumns<Row extends ItemRef>(column: Columns<Row>): Record<string, Column<Row>> {
  return { run_id: column.uuid((r) => r.runId), step: column.int((r) => r.step), item: column.int((r) => r.item) };
}

/** The columns that name an attempt: those of its item, and `attempt`. */
export function attemptColumns<Row extends AttemptRef>(column: Columns<Row>): Record<string, Column<Row>> {
  return { ...itemColumns(column), attempt: column.int((r) => r.attempt) };
}
