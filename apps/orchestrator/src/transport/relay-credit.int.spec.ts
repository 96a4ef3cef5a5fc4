import { QUEUE_PREFIX, RESULTS_STREAM } from '@opsmesh/contracts';
import { waitFor } from '@opsmesh/testing';
import type { Redis } from 'ioredis';
import { pino } from 'pino';
import { fanOut, planOf, QUEUE, runOf } from '../testing/documents.js';
import { useRelays, type RelayRig } from '../testing/relay-rig.js';
import { newEngine, outboxOf } from '../testing/rig.js';
import { create } from '../testing/submissions.js';

let rig: RelayRig;
useRelays((opened) => { rig = opened; });

const FULL = 'used_memory:71\r\nmaxmemory:100\r\n';
const ROOM = 'used_memory:69\r\nmaxmemory:100\r\n';

/** Redis, with another answer to how much memory it has left. */
class Memory {
  looks = 0;
  readonly redis: Redis;

  constructor(public says: string) {
    const info = (): Promise<string> => {
      this.looks++;
      return Promise.resolve(this.says);
    };
    this.redis = new Proxy(rig.redis, { get: (target, name) => (name === 'info' ? info : Reflect.get(target, name) as unknown) });
  }

  /** Waits until two more looks began: all that the first of them saw, it saw after this call, and it is over. */
  async looked(): Promise<void> {
    const until = this.looks + 2;
    await waitFor(() => this.looks >= until, { what: 'a look at the room in Redis' });
  }
}

const fill = (queue: string): Promise<number> => rig.redis.rpush(`${QUEUE_PREFIX}:${queue}:wait`, ...Array.from({ length: 5001 }, (_, i) => `x${i}`));
const relieve = (queue: string): Promise<string> => rig.redis.ltrim(`${QUEUE_PREFIX}:${queue}:wait`, 0, 9);
const TWO = { steps: [{ id: 'a', tool: 'probe', inputs: { host: 'a' } }, { id: 'b', tool: 'change', inputs: { host: 'b' } }] };

it('leaves attempts in the outbox whose queue is full, and sends those of others', async () => {
  const queues = rig.queues();
  queues.get('full');
  await fill('full');
  const run = runOf(planOf(TWO, (tool) => (tool === 'probe' ? 'full' : 'free')));
  await rig.commit(run);
  rig.relay(queues).start();
  await waitFor(async () => (await outboxOf(rig.pool)).length === 1, { what: 'the attempt of the free queue to be sent' });
  await rig.commit(runOf(planOf(TWO, () => 'free')));
  await waitFor(() => queues.added.length === 3, { what: 'a later commit to be sent' });
  expect(queues.added).not.toContain(`${run.id}.a.0.1`);
  await relieve('full');
  await rig.allSent();
  expect(queues.added).toContain(`${run.id}.a.0.1`);
});

it('sends nothing while Redis has too little memory left', async () => {
  const memory = new Memory(FULL);
  await rig.commit(runOf(fanOut('probe', 1)));
  rig.relay(rig.queues(), { by: memory.redis }).start();
  await memory.looked();
  expect(await outboxOf(rig.pool)).toHaveLength(1);
  memory.says = ROOM;
  await rig.allSent();
  expect(await rig.redis.exists(RESULTS_STREAM)).toBe(0);
});

it('says once when Redis has no limit of memory, and holds nothing back', async () => {
  const memory = new Memory('used_memory:71\r\nmaxmemory:0\r\n');
  const lines: string[] = [];
  await rig.commit(runOf(fanOut('probe', 1)));
  rig.relay(rig.queues(), { by: memory.redis, log: pino({ level: 'warn' }, { write: (line: string) => { lines.push(line); } }) }).start();
  await rig.allSent();
  await memory.looked();
  expect(lines.filter((l) => l.includes('maxmemory 0'))).toHaveLength(1);
});

it('stops when memory runs short while it sends, and goes on with all that came meanwhile', async () => {
  const memory = new Memory(ROOM);
  const queues = rig.queues();
  const relay = rig.relay(queues, { by: memory.redis });
  const { engine } = newEngine(rig.pool, { news: { outboxFilled: (batches) => { relay.hand(batches); } } });
  relay.start();
  await engine.submit([create(runOf(fanOut('probe', 3)))]);
  await rig.allSent();
  memory.says = FULL;
  await memory.looked();
  await engine.submit([create(runOf(fanOut('probe', 4)))]);
  await rig.commit(runOf(fanOut('probe', 5)));
  await memory.looked();
  expect([queues.added.length, (await outboxOf(rig.pool)).length]).toEqual([3, 9]);
  memory.says = ROOM;
  await rig.allSent();
  expect(new Set(queues.added).size).toBe(12);
  expect(await queues.waitingIds(QUEUE)).toEqual(new Set(queues.added));
});

it('leaves alone what goes to a queue that filled while it sends, until there is room', async () => {
  const memory = new Memory(ROOM);
  const queues = rig.queues();
  const relay = rig.relay(queues, { by: memory.redis });
  const { engine } = newEngine(rig.pool, { news: { outboxFilled: (batches) => { relay.hand(batches); } } });
  relay.start();
  const plan = planOf(TWO, (tool) => (tool === 'probe' ? 'full' : 'free'));
  await engine.submit([create(runOf(plan))]);
  await rig.allSent();
  await fill('full');
  await memory.looked();
  const [handed, stored] = [runOf(plan), runOf(plan)];
  // An attempt may be sent twice, under one id.
  const sent = (): string[] => [...new Set(queues.added)];
  await rig.commit(stored);
  await engine.submit([create(handed)]);
  await waitFor(() => sent().length === 4, { what: 'what goes to the free queue' });
  await memory.looked();
  expect(sent().slice(2).sort()).toEqual([`${handed.id}.b.0.1`, `${stored.id}.b.0.1`].sort());
  await relieve('full');
  await rig.allSent();
  expect(sent().slice(4).sort()).toEqual([`${handed.id}.a.0.1`, `${stored.id}.a.0.1`].sort());
});
