import { ToolFailure, type FailureCode } from '@opsmesh/contracts';
import { InventoryError, type InventoryErrorCode } from '../inventory/inventory-error.js';

const FAILURES: Readonly<Record<InventoryErrorCode, FailureCode>> = { invalid: 'input-invalid', 'not-found': 'not-found', conflict: 'conflict' };

/** Runs an inventory operation for a tool: its refusals become failures with the code that says so. */
export async function toolOutcome<T>(operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } catch (e) {
    throw e instanceof InventoryError ? new ToolFailure(FAILURES[e.code], e.message) : e;
  }
}
