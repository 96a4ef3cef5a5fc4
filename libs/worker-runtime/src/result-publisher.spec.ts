import { jest } from '@jest/globals';
import { createLogger } from '@opsmesh/platform';
import type { Redis } from 'ioredis';
import { WriteGatherer } from './gather-writes.js';
import { ResultPublisher } from './result-publisher.js';

const log = createLogger('spec', { level: 'silent' });
function publisher(xadd: (json: string) => Promise<string>, status = 'ready') {
  const stream = { cork: jest.fn(), uncork: jest.fn() };
  const redis = { status, stream, xadd: (_stream: string, _id: string, _field: string, json: string) => xadd(json) };
  return { stream, redis, results: new ResultPublisher(redis as unknown as Redis, new WriteGatherer(redis as unknown as Redis), log) };
}

it('is done only when Redis has confirmed that very entry', async () => {
  const confirm: (() => void)[] = [];
  const { results } = publisher(() => new Promise((ok) => confirm.push(() => { ok('1-0'); })));
  const done: string[] = [];
  const first = results.publish('a', '{"a":1}').then(() => done.push('a'));
  const second = results.publish('b', '{"b":1}').then(() => done.push('b'));
  confirm[1]!();
  await second;
  expect(done).toEqual(['b']);
  confirm[0]!();
  await first;
  expect(done).toEqual(['b', 'a']);
});

it('tries again until it is written', async () => {
  let tries = 0;
  const { results } = publisher(async () => { if (++tries < 3) throw new Error('OOM command not allowed'); return '1-0'; });
  await results.publish('a', '{}');
  expect(tries).toBe(3);
});

it('gives up only when the connection was closed for good', async () => {
  const { results } = publisher(async () => { throw new Error('Connection is closed.'); }, 'end');
  await expect(results.publish('a', '{}')).rejects.toThrow('closed');
});

it('sends a lone entry at once and those of one turn together', async () => {
  const { results, stream } = publisher(async () => '1-0');
  await results.publish('a', '{}');
  expect(stream.cork).not.toHaveBeenCalled();
  await Promise.all(['b', 'c', 'd'].map((id) => results.publish(id, '{}')));
  expect(stream.cork).toHaveBeenCalledTimes(1);
  await new Promise((ok) => setImmediate(ok));
  expect(stream.uncork).toHaveBeenCalledTimes(1);
});

it('sends what it knows again', async () => {
  const written: string[] = [];
  const { results } = publisher(async (json) => { written.push(json); return '1-0'; });
  await results.publish('a', '{"a":1}');
  expect([await results.resend('a'), await results.resend('b')]).toEqual([true, false]);
  expect(written).toEqual(['{"a":1}', '{"a":1}']);
});
