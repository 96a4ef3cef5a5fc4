import { redisConnection } from '@opsmesh/platform';
import { openRedis, SILENT } from '../testing/rig.js';
import { TcpProxy } from '../testing/tcp-proxy.js';
import { Queues } from './queues.js';

it('can be closed while Redis is away', async () => {
  const { url, redis } = await openRedis();
  redis.disconnect();
  const proxy = new TcpProxy(new URL(url));
  await proxy.open();
  const queues = new Queues(redisConnection(proxy.url), SILENT);
  expect(await queues.waiting('spec')).toBe(0);
  await proxy.cut();
  await expect(queues.waiting('spec')).rejects.toThrow();
  await expect(queues.waiting('spec')).rejects.toThrow();
  await queues.close();
});
