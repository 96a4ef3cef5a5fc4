import fc from 'fast-check';
import { CallBudget } from './call-budget.js';
import { CaptureSlots } from './capture-slots.js';
import { PacketBudget, type PacketShare } from './packet-budget.js';

const never = new AbortController().signal;

describe('calls a minute', () => {
  it('may come at once, and then one by one', () => {
    const calls = new CallBudget(60, 0);
    expect(Array.from({ length: 60 }, () => calls.take(0))).toEqual(Array.from({ length: 60 }, () => 0));
    expect(calls.take(0)).toBeCloseTo(1000);
    expect(calls.take(400)).toBeCloseTo(600);
    expect(calls.take(1000)).toBe(0);
    expect(calls.take(1000)).toBeCloseTo(1000);
  });

  it('whoever comes when it was told to is let in, and in no minute more than twice the number get in', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 5000 }), fc.array(fc.nat(3000), { maxLength: 200 }), (perMinute, pauses) => {
      const calls = new CallBudget(perMinute, 0);
      const taken: number[] = [];
      let now = 0;
      for (const pause of pauses) {
        now += pause;
        const wait = calls.take(now);
        if (wait === 0) taken.push(now);
        else {
          expect(wait).toBeLessThanOrEqual(60_000 / perMinute + 1e-6);
          now += wait;
          expect(calls.take(now)).toBe(0);
          taken.push(now);
        }
      }
      for (const at of taken) expect(taken.filter((other) => other >= at && other < at + 60_000).length).toBeLessThanOrEqual(2 * perMinute + 1);
    }));
  });

  it('is full again after a minute', () => {
    const calls = new CallBudget(10, 0);
    calls.take(0);
    expect([calls.isFull(0), calls.isFull(60_000)]).toEqual([false, true]);
  });
});

describe('packets a second', () => {
  it('a call gets half of what is free, so that the next need not wait', async () => {
    const packets = new PacketBudget(100);
    const wish = { least: 10, most: 100 };
    const shares = [await packets.take(wish, never), await packets.take(wish, never), await packets.take(wish, never)];
    expect(shares.map((share) => share!.packetsPerSecond)).toEqual([50, 25, 12]);
  });

  it('one that would exceed the total waits until enough is given back, and nobody overtakes it', async () => {
    const packets = new PacketBudget(10);
    const first = await packets.take({ least: 8, most: 8 }, never);
    const order: string[] = [];
    const large = packets.take({ least: 5, most: 5 }, never).then((share) => { order.push('large'); return share; });
    const small = packets.take({ least: 1, most: 1 }, never).then((share) => { order.push('small'); return share; });
    await new Promise(setImmediate);
    expect(order).toEqual([]);
    first!.release();
    first!.release();
    expect([(await large)!.packetsPerSecond, (await small)!.packetsPerSecond, order]).toEqual([5, 1, ['large', 'small']]);
  });

  it('one that gives up leaves the queue to those behind it', async () => {
    const packets = new PacketBudget(10);
    const first = await packets.take({ least: 8, most: 8 }, never);
    const stop = new AbortController();
    const large = packets.take({ least: 5, most: 5 }, stop.signal);
    const small = packets.take({ least: 2, most: 2 }, never);
    stop.abort();
    expect(await large).toBeUndefined();
    (await small)!.release();
    first!.release();
    expect(packets.idle).toBe(true);
    expect(await packets.take({ least: 1, most: 1 }, AbortSignal.abort())).toBeUndefined();
    expect(packets.idle).toBe(true);
  });

  it('no more than the total is ever out, and everybody gets a share in the end', async () => {
    await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 50 }), fc.array(fc.record({ least: fc.nat(60), most: fc.nat(60) }), { maxLength: 30 }), async (total, wishes) => {
      const packets = new PacketBudget(total);
      const out = new Set<PacketShare>();
      let served = 0;
      const calls = wishes.map(async (wish) => {
        const share = (await packets.take(wish, never))!;
        out.add(share);
        expect([...out].reduce((sum, { packetsPerSecond }) => sum + packetsPerSecond, 0)).toBeLessThanOrEqual(total);
        await new Promise(setImmediate);
        out.delete(share);
        share.release();
        served++;
      });
      await Promise.all(calls);
      expect([served, packets.idle]).toEqual([wishes.length, true]);
    }), { numRuns: 50 });
  });
});

it('captures: as many as may be, and then the time until one is over', () => {
  const slots = new CaptureSlots(2);
  const first = slots.take(0, 5000);
  expect(typeof first).toBe('function');
  expect(typeof slots.take(1000, 9000)).toBe('function');
  expect(slots.take(2000, 1)).toBe(3000);
  (first as () => void)();
  expect(typeof slots.take(2000, 1)).toBe('function');
});
