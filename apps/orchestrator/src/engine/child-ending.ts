import { failure } from '@opsmesh/contracts';
import type { JsonObject } from '@opsmesh/plan-model';
import type { CachedRun } from './run-cache.js';
import { MOST_OUTPUT, type Ending } from './timed-event.js';

/**
 * What the end of a sub-plan's run means for the item that it carried out: only a run without a problem in a critical step succeeds.
 * @param steps outputs of its own steps, by id
 */
export function endingOf({ facts, state }: CachedRun, steps: JsonObject): Ending {
  const output = { run: facts.id, status: state.status, steps };
  const outcome: Ending['outcome'] = state.status === 'completed'
    ? { status: 'succeeded' }
    : { status: 'failed', failure: failure(state.stopping === 'cancelled' ? 'cancelled' : 'child-failed', `run ${facts.id} of the sub-plan is ${state.status}`) };
  if (JSON.stringify(output).length <= MOST_OUTPUT) return { outcome, output };
  return { outcome, output: { ...output, steps: {} }, truncated: true };
}
