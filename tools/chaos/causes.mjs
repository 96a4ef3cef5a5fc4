// Which injected fault an unknown outcome comes from. Nothing counts as a cause that did not touch this very attempt.

/**
 * @typedef {object} Doubt an attempt whose outcome is not known
 * @property {string} what id of its item
 * @property {string} code of its failure
 * @property {string | null} workerId
 * @property {string | null} target address of its host
 * @property {boolean} known whether it is known by now: the worker's word came late
 * @property {number} from when it was claimed, Unix time in milliseconds by the database's clock
 * @property {number} to when it was given up
 * @property {string} runId the run that it belongs to
 * @property {readonly Doubt[]} inside of a sub-plan: the doubts of the run that carried it out
 */

/** Between the database's word for a time and ours, in milliseconds: a claim is committed after its transaction began. */
const SLACK_MS = 1500;

/** Faults that keep the word of a worker that goes on from the record, whichever worker it is. */
const SILENCES = ['way to orchestrators cut', 'postgres stopped', 'postgres sessions ended', 'redis killed', 'redis wiped', 'redis stalled', 'redis out of memory'];
/** Faults that end or halt the process they hit. */
const HIT_PROCESS = ['kill -9', 'stop and go on', 'stop, job locks gone', 'stop past the lock'];

/**
 * @param {Doubt} doubt
 * @param {readonly import('./faults.mjs').Fault[]} faults
 * @returns {string | undefined} the kind of the fault, undefined when no fault explains it
 */
export function causeOf(doubt, faults) {
  const pid = Number(/-(\d+)-[0-9a-f]{8}$/.exec(doubt.workerId ?? '')?.[1]);
  const during = faults.filter((f) => f.from <= doubt.to + SLACK_MS && f.to >= doubt.from - SLACK_MS);
  const onWorker = during.find((f) => HIT_PROCESS.includes(f.kind) && f.pids.includes(pid));
  const onHost = during.find((f) => f.hosts?.includes(doubt.target));
  // Only of what is known by now: a worker that goes on says in the end what it did, so for ever unknown is only what it took with it.
  const silence = doubt.known ? during.find((f) => SILENCES.includes(f.kind) || f.target.startsWith('orchestrator')) : undefined;
  switch (doubt.code) {
    case 'worker-lost':
      return (onWorker ?? silence)?.kind;
    case 'connection-lost':
    case 'stop-unconfirmed':
      return (onHost ?? onWorker)?.kind;
    case 'child-unknown':
      return doubt.inside.map((d) => causeOf(d, faults)).find((cause) => cause !== undefined);
    default:
      return undefined;
  }
}
