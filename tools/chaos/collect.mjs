// Reads over the API what the product says of the runs of a chaos run, when all is over.
import { TOOLS } from './plans.mjs';

/** Runs read at once. */
const PARALLEL = 8;
const TERMINAL_RUN = ['completed', 'partial', 'failed', 'cancelled'];

/**
 * @typedef {object} SeenRun
 * @property {any} view RunView of libs/contracts
 * @property {{ step: any, item: any }[]} items of its tool steps, StepView and ItemView
 * @property {any[]} events RunEventView
 */

/** Ids of the runs that have not ended. */
export async function unfinished(api) {
  const [running, paused] = await Promise.all(['running', 'paused'].map((status) => api.pages(`/runs?status=${status}&limit=200`)));
  return [...running, ...paused].map((r) => r.id);
}

/** @returns {Promise<SeenRun[]>} these runs; all of the record, the children of others too, when none are named */
export async function readRuns(api, ids) {
  const waiting = ids ? [...ids] : (await api.pages('/runs?limit=200')).map((r) => r.id);
  const seen = [];
  await Promise.all(Array.from({ length: PARALLEL }, async () => {
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) seen.push(await readRun(api, id));
  }));
  return seen;
}

async function readRun(api, id) {
  const view = await api.get(`/runs/${id}`);
  const items = [];
  for (const step of view.steps) {
    if (!(step.tool in TOOLS)) continue;
    for (const item of await api.pages(`/runs/${id}/steps/${step.id}/items?limit=1000`)) items.push({ step, item });
  }
  return { view, items, events: TERMINAL_RUN.includes(view.status) ? await api.history(id, view.lastEvent) : [] };
}

/** The attempts of which nobody knew the outcome, for ever or for a while. @returns {Promise<import('./causes.mjs').Doubt[]>} */
export async function readDoubts(api, runs) {
  const found = [];
  for (const { view, events } of runs) {
    for (const { step, item, at, data } of events.filter((e) => e.type === 'item.unknown')) {
      const log = await api.get(`/runs/${view.id}/steps/${step}/items/${item}`);
      const attempt = log.attempts.find((a) => a.number === data.attempt);
      const doubt = { what: `${view.inputs.run}.${step}.${item}`, code: data.code, workerId: attempt.workerId, target: log.target, known: log.status !== 'unknown', from: Date.parse(attempt.startedAt ?? attempt.queuedAt), to: Date.parse(at), runId: view.id, inside: [] };
      found.push({ doubt, childRunId: attempt.childRunId });
    }
  }
  for (const { doubt, childRunId } of found) if (childRunId !== null) doubt.inside.push(...found.map((f) => f.doubt).filter((d) => d.runId === childRunId));
  return found.map((f) => f.doubt);
}
