import { failure, type FailureCode } from '@opsmesh/contracts';
import { hasUnknown, type JsonObject, type RunState } from '@opsmesh/plan-model';
import type { CachedRun } from './run-cache.js';
import { MOST_OUTPUT, type Ending } from './timed-event.js';

/**
 * What the end of a sub-plan's run means for the item that it carried out: only a run without a problem in a critical step succeeds,
 * and where nobody knows how something of it ended, nobody knows it of the item.
 * @param steps outputs of its own steps, by id
 */
export function endingOf({ facts, state }: CachedRun, steps: JsonObject): Ending {
  const output = { run: facts.id, status: state.status, steps };
  const outcome: Ending['outcome'] = state.status === 'completed'
    ? { status: 'succeeded' }
    : { status: 'failed', failure: failure(codeOf(state), `run ${facts.id} of the sub-plan is ${state.status}`) };
  if (JSON.stringify(output).length <= MOST_OUTPUT) return { outcome, output };
  return { outcome, output: { ...output, steps: {} }, truncated: true };
}

function codeOf({ steps, stopping }: RunState): FailureCode {
  if (steps.some(hasUnknown)) return 'child-unknown';
  return stopping === 'cancelled' ? 'cancelled' : 'child-failed';
}
