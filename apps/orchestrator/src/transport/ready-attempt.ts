import type { JsonObject } from '@opsmesh/plan-model';
import type { AttemptRef } from '../engine/positions.js';

/** An attempt with all that its job needs. */
export interface ReadyAttempt extends AttemptRef {
  readonly queue: string;
  readonly inputs: JsonObject;
}
