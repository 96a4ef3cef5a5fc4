// What must hold after any faults. Judged by what the product says and what the ledger knows, with nothing of how the product decides.
import { FAILURE_MEANINGS } from '../../libs/contracts/dist/index.js';
import { causeOf } from './causes.mjs';
import { ledgerId, PART_TOTALS, TOOLS } from './plans.mjs';

const TERMINAL_RUN = ['completed', 'partial', 'failed', 'cancelled'];
const TERMINAL_ITEM = ['succeeded', 'failed', 'unknown', 'skipped', 'cancelled'];
const NEVER_BEGAN = ['skipped', 'cancelled', 'pending'];

/** @typedef {{ rule: string, broken: string[] }} Verdict `broken`: each case as text; none when the rule holds */

/**
 * @param {object} found
 * @param {readonly import('./storm.mjs').StartedRun[]} found.started runs whose start was answered
 * @param {readonly import('./collect.mjs').SeenRun[]} found.runs
 * @param {readonly import('./causes.mjs').Doubt[]} found.doubts
 * @param {readonly import('./faults.mjs').Fault[]} found.faults
 * @param {Pick<import('./ledger.mjs').Ledger, 'of' | 'ids'>} found.ledger
 * @returns {Verdict[]}
 */
export function judge({ started, runs, doubts, faults, ledger }) {
  const known = runs.flatMap(({ view, items }) => items.map(({ step, item }) => {
    const id = ledgerId(view.inputs.run, step.id, item.index);
    return { id, item, ...TOOLS[step.tool], times: ledger.of(id).length };
  }));
  const outside = known.filter((k) => k.ledger);
  const ids = new Set(outside.map((k) => k.id));
  return [
    { rule: 'nothing is lost', broken: lost(started, runs) },
    { rule: 'what may not be repeated is done once', broken: outside.filter((k) => k.once && k.times > 1).map((k) => `${k.id} was done ${k.times} times (${k.item.status})`) },
    { rule: 'rows are true', broken: [...outside.flatMap(untrue), ...ledger.ids().filter((id) => !ids.has(id)).map((id) => `${id} was done, and no item says so`)] },
    { rule: 'histories have no gap', broken: runs.flatMap(gaps) },
    { rule: 'every unknown has an injected cause', broken: doubts.filter((d) => causeOf(d, faults) === undefined).map((d) => `${d.what}: ${d.code} of ${d.workerId} at ${d.target}, ${new Date(d.from).toISOString()} to ${new Date(d.to).toISOString()}`) },
  ];
}

function lost(started, runs) {
  const byTag = Map.groupBy(runs, (r) => r.view.inputs.run);
  const expected = new Map([...runs.filter((r) => r.view.parentRunId !== null).map((r) => [r.view.inputs.run, PART_TOTALS]), ...started.map((s) => [s.tag, s.totals])]);
  return [
    ...(started.length === 0 ? ['no run was started'] : []),
    ...started.filter(({ id, tag }) => byTag.get(tag)?.length !== 1 || byTag.get(tag)[0].view.id !== id).map(({ id, tag }) => `run ${tag}: there are ${byTag.get(tag)?.length ?? 0} instead of ${id}`),
    ...runs.flatMap(({ view, items }) => {
      if (!TERMINAL_RUN.includes(view.status)) return [`run ${view.inputs.run} is ${view.status}: ${view.steps.map((s) => `${s.id} ${s.status}`).join(', ')}`];
      return [
        ...view.steps.flatMap((s) => missing({ view, step: s, indexes: items.filter((i) => i.step.id === s.id).map((i) => i.item.index), total: expected.get(view.inputs.run)?.[s.id] })),
        ...items.filter(({ item }) => !TERMINAL_ITEM.includes(item.status)).map(({ step, item }) => `${view.inputs.run}.${step.id}.${item.index} is ${item.status}`),
      ];
    }),
  ];
}

/** Every item of a step that was not skipped is there, once. */
function missing({ view, step, indexes, total }) {
  if (total === undefined || step.status === 'skipped') return [];
  const wanted = Array.from({ length: total }, (_, i) => i);
  return indexes.length === total && wanted.every((i) => indexes.includes(i)) ? [] : [`run ${view.inputs.run}: step ${step.id} has ${indexes.length} items instead of ${total}`];
}

function untrue({ id, item, times, once }) {
  if (item.status === 'succeeded' && times === 0) return [`${id} succeeded, and was never done`];
  if (NEVER_BEGAN.includes(item.status) && times > 0) return [`${id} is ${item.status}, and was done`];
  const { code } = item.failure ?? {};
  // An earlier attempt of what may be repeated may have done it.
  if (item.status === 'failed' && times > 0 && (once || item.attempt === 1) && FAILURE_MEANINGS[code]?.effect === 'none') return [`${id} failed with ${code}, which says that nothing was done, and was done`];
  return [];
}

function gaps({ view, events }) {
  if (!TERMINAL_RUN.includes(view.status)) return [];
  const wrong = events.findIndex((e, i) => e.seq !== i + 1);
  if (wrong >= 0) return [`run ${view.inputs.run}: event ${events[wrong].seq} stands where ${wrong + 1} should`];
  return events.length === view.lastEvent ? [] : [`run ${view.inputs.run}: ${events.length} events of ${view.lastEvent}`];
}
