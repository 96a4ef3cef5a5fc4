// npm run sim [-- --schedules 100000] [--from SEED] [--threads 2]: plays schedules of the engine under faults; ends with 1 when one breaks a rule.
// npm run sim -- --replay SEED: plays one schedule again and prints everything that happens in it.
// npm run sim -- --mutants [NAME]: breaks the product on purpose, in memory, and shows that the schedules notice; ends with 1 when they do not.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { MUTANTS } from './sim/mutants.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { schedules: { type: 'string', default: '100000' }, from: { type: 'string', default: '0' }, threads: { type: 'string', default: String(Math.min(2, availableParallelism())) }, replay: { type: 'string' }, mutants: { type: 'boolean', default: false } },
});
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

if (values.replay !== undefined) await replay(Number(values.replay));
else if (values.mutants) await mutants(positionals[0]);
else await play(Number(values.schedules), Number(values.from));

async function play(count, from) {
  const began = performance.now();
  const { done, turns, failed } = await inThreads({ from, count, threads: Number(values.threads) });
  const seconds = (performance.now() - began) / 1000;
  console.log(`${done} schedules in ${seconds.toFixed(1)} s (${Math.round(done / seconds)}/s on ${values.threads} threads), ${(turns / done).toFixed(0)} turns each`);
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

async function mutants(only) {
  const chosen = MUTANTS.filter((m) => only === undefined || m.name.includes(only));
  const rows = new Array(chosen.length);
  const sound = await inThreads({ from: 0, count: SOUND_FOR, threads: Number(values.threads) });
  if (sound.failed) throw new Error(`the product itself breaks a rule, with seed ${sound.failed.seed}: ${sound.failed.message}`);
  console.log(`unchanged: no rule is broken by ${sound.done} schedules`);
  const queue = [...chosen.entries()];
  console.log(`\n         ${'mutant'.padEnd(62)} schedules  rule that was broken`);
  await Promise.all(Array.from({ length: Number(values.threads) }, async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [i, mutant] = next;
      const { failed, done } = await inThread({ from: 0, count: MOST_FOR_A_MUTANT, mutant: mutant.name });
      rows[i] = { mutant: mutant.name, schedules: done, by: failed?.message.slice(0, 90).replaceAll(/\s+/g, ' ') };
      console.log(`${rows[i].by ? 'killed  ' : 'SURVIVED'} ${mutant.name.padEnd(62)} ${String(done).padStart(9)}  ${rows[i].by ?? ''}`);
    }
  }));
  const survivors = rows.filter((r) => !r.by);
  console.log(`\n${rows.length - survivors.length} of ${rows.length} mutants killed`);
  process.exitCode = survivors.length > 0 ? 1 : 0;
}

/** Portions of seeds to as many threads; the first that fails ends all. */
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
  return total;
}

function portions(more, onDone) {
  const first = more();
  if (!first) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const worker = thread({});
    worker.on('error', reject);
    worker.on('exit', () => { resolve(); });
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
