// npm run sim [-- --schedules 100000] [--from SEED] [--threads 2]: plays schedules of the engine under faults; ends with 1 when one breaks a rule.
// npm run sim -- --replay SEED: plays one schedule again and prints everything that happens in it.
// npm run sim -- --mutants [NAME]: breaks the product on purpose, in memory, and shows that the schedules notice; ends with 1 when they do not.
// A command line that is not understood ends with 2.
import { availableParallelism } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { orUsage, readOptions } from './options.mjs';
import { MUTANTS } from './sim/mutants.mjs';

const { options, chosen } = orUsage(commandLine, 'docs/simulation.md says what can be asked for');
/** Schedules after which a mutant is taken for one that survives. */
const MOST_FOR_A_MUTANT = 30_000;
/** Schedules that the product as it is must stand before mutants prove anything. */
const SOUND_FOR = 3000;
/** Seeds that a thread takes at once. */
const PORTION = 250;
/** Room for young objects: what belongs to a schedule is to die before it is copied. */
const YOUNG_MB = 192;

// The other cores have schedules of their own to play: helpers of the garbage collector would only take turns with them.
setFlagsFromString('--single-threaded-gc');

if (options.replay !== undefined) await replay(options.replay);
else if (options.mutants) await mutants(chosen);
else await play(options.schedules, options.from);

/** @throws Error that says what is wrong with the command line */
function commandLine() {
  const numbers = { schedules: { default: 100_000 }, from: { default: 0, from: 0 }, threads: { default: Math.min(2, availableParallelism()) }, replay: { from: 0 } };
  const { options: asked, words: [name] } = readOptions(process.argv.slice(2), { numbers, flags: ['mutants'], mostWords: process.argv.includes('--mutants') ? 1 : 0 });
  const named = MUTANTS.filter((m) => name === undefined || m.name.includes(name));
  if (named.length === 0) throw new Error(`there is no mutant "${name}"; there are:\n${MUTANTS.map((m) => `  ${m.name}`).join('\n')}`);
  return { options: asked, chosen: named };
}

async function play(count, from) {
  const began = performance.now();
  const { done, turns, failed } = await inThreads({ from, count, threads: options.threads });
  const seconds = (performance.now() - began) / 1000;
  console.log(`${done} schedules in ${seconds.toFixed(1)} s (${Math.round(done / seconds)}/s on ${options.threads} threads), ${(turns / done).toFixed(0)} turns each`);
  if (!failed) return;
  process.exitCode = 1;
  console.log(`\nSeed ${failed.seed} breaks a rule: ${failed.message}\nThe whole of it: npm run sim -- --replay ${failed.seed}\nMade small:`);
  console.log((await inThread({ shrink: failed })).trace.map((l) => `  ${l}`).join('\n'));
}

async function replay(seed) {
  const { trace, message } = await inThread({ replay: seed });
  console.log(trace.join('\n'));
  console.log(message ? `=> ${message}` : '=> no rule is broken');
  process.exitCode = message ? 1 : 0;
}

async function mutants(wanted) {
  let killed = 0;
  const sound = await inThreads({ from: 0, count: SOUND_FOR, threads: options.threads });
  if (sound.failed) throw new Error(`the product itself breaks a rule, with seed ${sound.failed.seed}: ${sound.failed.message}`);
  console.log(`unchanged: no rule is broken by ${sound.done} schedules`);
  const queue = [...wanted];
  console.log(`\n         ${'mutant'.padEnd(62)} schedules  rule that was broken`);
  await Promise.all(Array.from({ length: options.threads }, async () => {
    for (let mutant = queue.shift(); mutant; mutant = queue.shift()) {
      const { failed, done } = await inThread({ from: 0, count: MOST_FOR_A_MUTANT, mutant: mutant.name });
      if (failed) killed++;
      console.log(`${failed ? 'killed  ' : 'SURVIVED'} ${mutant.name.padEnd(62)} ${String(done).padStart(9)}  ${failed?.message.slice(0, 90).replaceAll(/\s+/g, ' ') ?? ''}`);
    }
  }));
  console.log(`\n${killed} of ${wanted.length} mutants killed`);
  process.exitCode = killed === wanted.length ? 0 : 1;
}

/** Portions of seeds to as many threads; the first that fails ends all. @throws Error when schedules were left out and none failed */
async function inThreads({ from, count, threads }) {
  const total = { done: 0, turns: 0, failed: undefined };
  let next = from;
  const more = () => {
    const size = total.failed ? 0 : Math.min(PORTION, from + count - next);
    next += size;
    return size > 0 ? { from: next - size, count: size } : undefined;
  };
  await Promise.all(Array.from({ length: threads }, () => portions(more, (portion) => {
    total.done += portion.done;
    total.turns += portion.turns;
    total.failed ??= portion.failed;
  })));
  if (!total.failed && total.done !== count) throw new Error(`${total.done} of ${count} schedules were played: a thread ended before its time`);
  return total;
}

function portions(more, onDone) {
  const first = more();
  if (!first) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const worker = thread({});
    worker.on('error', reject);
    worker.on('exit', resolve);
    worker.on('message', (portion) => {
      onDone(portion);
      worker.postMessage(more() ?? null);
    });
    worker.postMessage(first);
  });
}

function inThread(task) {
  return new Promise((resolve, reject) => {
    const worker = thread({ mutant: task.mutant });
    worker.once('error', reject);
    worker.once('message', (answer) => {
      resolve(answer);
      worker.postMessage(null);
    });
    worker.postMessage(task);
  });
}

function thread(workerData) {
  return new Worker(new URL('./sim/thread.mjs', import.meta.url), { workerData, resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } });
}
