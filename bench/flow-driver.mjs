// The other side of the peer: whole runs are given to BullMQ's FlowProducer, which keeps them in Redis alone. A flow is a tree, so the first step of `mixed` comes before one of its two branches only.
// Receives { shape, runs, options } over IPC and answers { seconds, steps }.
import { FlowProducer } from 'bullmq';
import { Redis } from 'ioredis';

const url = new URL(process.env.REDIS_URL);
const connection = { host: url.hostname, port: Number(url.port), username: url.username || undefined, password: decodeURIComponent(url.password) || undefined };
const flows = new FlowProducer({ connection });
const redis = new Redis({ ...connection, maxRetriesPerRequest: null });
/** Runs given at once. */
const PORTION = 50;

process.on('message', async ({ shape, runs, options }) => process.send(await workload(shape, runs, options)));
process.on('SIGTERM', async () => { await flows.close(); redis.disconnect(); process.exit(0); });
await flows.waitUntilReady();
process.send?.('ready');

const trees = {
  fanout: (job, { items }) => job('join', Array.from({ length: items }, (_, i) => job(`item-${i}`))),
  chain: (job, { steps }) => Array.from({ length: steps }).reduce((before, _, i) => job(`s${i}`, before ? [before] : []), undefined),
  mixed: (job) => job('last', [job('join', [job('left', [job('first')]), job('right')])]),
};

async function workload(shape, runs, options) {
  await redis.del('flow:ended');
  let steps = 0;
  const treeOf = (run) => {
    const job = (name, children = []) => {
      steps++;
      return { name, queueName: 'flow', data: { runId: String(run), stepId: name, tool: 'noop', input: { value: 0 }, needs: children.length > 0 }, opts: { attempts: 1, removeOnComplete: true, removeOnFail: true }, children };
    };
    const tree = trees[shape](job, options);
    tree.data.last = true;
    return tree;
  };
  const start = performance.now();
  const given = (async () => {
    for (let from = 0; from < runs; from += PORTION) await flows.addBulk(Array.from({ length: Math.min(PORTION, runs - from) }, (_, i) => treeOf(from + i)));
  })();
  let last = '0';
  for (let ended = 0; ended < runs;) {
    const reply = await redis.xread('COUNT', 1000, 'BLOCK', 1000, 'STREAMS', 'flow:ended', last);
    const entries = reply?.[0]?.[1] ?? [];
    ended += entries.length;
    last = entries.at(-1)?.[0] ?? last;
  }
  await given;
  return { seconds: (performance.now() - start) / 1000, steps };
}
