import { RESULTS_STREAM, resultsIn } from '@opsmesh/contracts';
import { createLogger } from '@opsmesh/platform';
import type { Redis } from 'ioredis';
import { ResultPublisher } from './result-publisher.js';

const log = createLogger('spec', { level: 'silent' });
/** A publisher, and the entries that it wrote; `xadd` answers for Redis. */
function publisher(xadd: (results: readonly string[]) => Promise<string> = async () => '1-0', status = 'ready') {
  const entries: string[][] = [];
  const redis = {
    status, xadd: (stream: string, id: string, ...fields: string[]) => {
      expect([stream, id]).toEqual([RESULTS_STREAM, '*']);
      entries.push(resultsIn(fields));
      expect(fields).toHaveLength(2 * entries.at(-1)!.length);
      return xadd(entries.at(-1)!);
    },
  };
  return { entries, results: new ResultPublisher(redis as unknown as Redis, log) };
}
const endOfTurn = (): Promise<void> => new Promise((ok) => setImmediate(ok));

it('is done only when Redis has confirmed that very entry', async () => {
  const confirm: (() => void)[] = [];
  const { results } = publisher(() => new Promise((ok) => confirm.push(() => { ok('1-0'); })));
  const done: string[] = [];
  const first = results.publish('a', '{"a":1}').then(() => done.push('a'));
  await endOfTurn();
  const others = ['b', 'c'].map((id) => results.publish(id, '{}').then(() => done.push(id)));
  await endOfTurn();
  expect(done).toEqual([]);
  confirm[1]!();
  await Promise.all(others);
  expect(done).toEqual(['b', 'c']);
  confirm[0]!();
  await first;
  expect(done).toEqual(['b', 'c', 'a']);
});

it('tries again until it is written, each of an entry for itself', async () => {
  let tries = 0;
  const { results, entries } = publisher(async () => { if (++tries < 3) throw new Error('OOM command not allowed'); return '1-0'; });
  await Promise.all([results.publish('a', '1'), results.publish('b', '2')]);
  expect(entries.flat().filter((json) => json === '1')).toHaveLength(3);
  expect(results.recent.get('b')).toBe('2');
});

it('gives up only when the connection was closed for good', async () => {
  const { results } = publisher(async () => { throw new Error('Connection is closed.'); }, 'end');
  await expect(results.publish('a', '{}')).rejects.toThrow('closed');
});

it('puts results of one turn into one entry, also those that come a few promises later, and lets none wait for the next turn', async () => {
  const { results, entries } = publisher();
  const after = async (turns: number): Promise<void> => { for (let i = 0; i < turns; i++) await null; };
  await Promise.all(['1', '2', '3'].map(async (json, i) => { await after(5 * i); await results.publish(json, json); }));
  expect(entries).toEqual([['1', '2', '3']]);
  void results.publish('4', '4');
  await new Promise((ok) => { process.nextTick(ok); });
  expect(entries[1]).toEqual(['4']);
});

it('keeps entries small', async () => {
  const { results, entries } = publisher();
  await Promise.all(Array.from({ length: 130 }, (_, i) => results.publish(`a${i}`, String(i))));
  expect(entries.map((e) => e.length)).toEqual([64, 64, 2]);
  expect(entries.flat()).toEqual(Array.from({ length: 130 }, (_, i) => String(i)));
  entries.length = 0;
  await Promise.all(Array.from({ length: 5 }, (_, i) => results.publish(`b${i}`, 'x'.repeat(130 * 1024))));
  expect(entries.map((e) => e.length)).toEqual([2, 2, 1]);
});

it('sends what it knows again', async () => {
  const { results, entries } = publisher();
  await results.publish('a', '{"a":1}');
  expect([await results.resend('a'), await results.resend('b')]).toEqual([true, false]);
  expect(entries).toEqual([['{"a":1}'], ['{"a":1}']]);
});
