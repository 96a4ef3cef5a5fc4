// The worker of the floor: BullMQ and XADD, nothing else.
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';

const url = new URL(process.env.REDIS_URL);
const connection = { host: url.hostname, port: Number(url.port), username: url.username || undefined, password: decodeURIComponent(url.password) || undefined };
const redis = new Redis(connection);
const worker = new Worker('floor', async (job) => {
  const result = { v: 1, attemptId: job.id, ...job.data, status: 'succeeded', output: { value: job.data.input.value + 1 }, durationMs: 0 };
  await redis.xadd('floor:results', '*', 'result', JSON.stringify(result));
  return null;
}, { connection: { ...connection, maxRetriesPerRequest: null }, concurrency: 50, removeOnComplete: { count: 0 }, removeOnFail: { count: 0 } });
worker.on('error', (e) => console.error(e.message));
await worker.waitUntilReady();
process.send?.('ready');
process.on('SIGTERM', async () => { await worker.close(); redis.disconnect(); process.exit(0); });
