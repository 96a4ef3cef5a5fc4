// The worker of the peer: BullMQ's own flows. A job reads what its children gave; the last one of a run says that the run has ended.
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';

const url = new URL(process.env.REDIS_URL);
const connection = { host: url.hostname, port: Number(url.port), username: url.username || undefined, password: decodeURIComponent(url.password) || undefined };
const redis = new Redis(connection);
const worker = new Worker('flow', async (job) => {
  const before = job.data.needs ? Object.values(await job.getChildrenValues()) : [];
  if (job.data.last) await redis.xadd('flow:ended', '*', 'run', job.data.runId);
  return { value: Math.max(job.data.input.value, ...before.map((b) => b.value)) + 1 };
}, { connection: { ...connection, maxRetriesPerRequest: null }, concurrency: 50, removeOnComplete: { count: 0 }, removeOnFail: { count: 0 } });
worker.on('error', (e) => console.error(e.message));
await worker.waitUntilReady();
process.send?.('ready');
process.on('SIGTERM', async () => { await worker.close(); redis.disconnect(); process.exit(0); });
