// Plays schedules in a thread of its own, on the product as it is or with one mutant in it. A message is a portion of seeds, one to replay or one to make small; null ends it.
import { registerHooks } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { MUTANTS } from './mutants.mjs';

const mutant = MUTANTS.find((m) => m.name === workerData.mutant);
const missing = new Set(mutant?.changes.map((c) => c.file));
if (mutant) registerHooks({ load: mutated });

const dist = new URL('../../apps/orchestrator/dist/simulation/', import.meta.url);
const { simulate, simulateMany } = await import(new URL('simulate.js', dist).href);
const { Choices } = await import(new URL('choices.js', dist).href);
if (missing.size > 0) throw new Error(`the mutant "${mutant.name}" changes ${[...missing].join()}, which is not loaded`);

parentPort.on('message', (task) => {
  if (!task) parentPort.close();
  else answer(task).then((a) => parentPort.postMessage(a), (e) => { throw e; });
});

async function answer({ from, count, replay, shrink }) {
  if (replay !== undefined) {
    const trace = [];
    const { violation } = await simulate(Choices.fromSeed(replay), (line) => trace.push(line()));
    return { trace, message: violation?.message };
  }
  if (shrink) return (await import(new URL('shrink.js', dist).href)).shrink(shrink.taken, shrink.rule);
  const { done, turns, failed } = await simulateMany({ from, count });
  return { done, turns, failed: failed && { seed: failed.seed, rule: failed.simulated.violation.rule, message: failed.simulated.violation.message, taken: [...failed.simulated.taken] } };
}

/** The module with the mutant's changes in it, if it is one of its files. @throws Error when the text that is to change is not there once: the product has changed, and the mutant must too */
function mutated(url, context, next) {
  const loaded = next(url, context);
  const changes = mutant.changes.filter((c) => url.endsWith(c.file));
  if (changes.length === 0) return loaded;
  let source = String(loaded.source);
  for (const { file, find, replace } of changes) {
    const found = source.split(find).length - 1;
    if (found !== 1) throw new Error(`the mutant "${mutant.name}" does not apply: ${file} has the text ${JSON.stringify(find)} ${found} times, not once`);
    source = source.replace(find, () => replace);
    missing.delete(file);
  }
  return { ...loaded, source };
}
