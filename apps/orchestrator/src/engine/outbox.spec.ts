import { Outbox, type WantedAttempt } from './outbox.js';

const wanted = (item: number, queue = 'a', gated = false): WantedAttempt => ({ runId: 'r', step: 0, item, attempt: 1, queue, gated });
function newOutbox(): Outbox {
  let ids = 0;
  return new Outbox(() => `id-${++ids}`);
}

it('gathers the attempts of a queue in batches of 64, in their order', () => {
  const outbox = newOutbox();
  for (let item = 0; item < 130; item++) outbox.add(wanted(item));
  expect(outbox.batches.map((b) => [b.id, b.queue, b.attempts.length])).toEqual([['id-1', 'a', 64], ['id-2', 'a', 64], ['id-3', 'a', 2]]);
  expect(outbox.batches.flatMap((b) => b.attempts.map((a) => a.item))).toEqual(Array.from({ length: 130 }, (_, i) => i));
});

it('mixes no queues in a batch, however they come', () => {
  const outbox = newOutbox();
  for (let item = 0; item < 6; item++) outbox.add(wanted(item, item % 2 ? 'a' : 'b'));
  expect(outbox.batches.map((b) => [b.queue, b.attempts.map((a) => a.item)])).toEqual([['b', [0, 2, 4]], ['a', [1, 3, 5]]]);
});

it('leaves alone what must pass the gate', () => {
  const outbox = newOutbox();
  outbox.add(wanted(0));
  outbox.add(wanted(1, 'a', true));
  expect([outbox.batches.flatMap((b) => b.attempts.map((a) => a.item)), outbox.gated.map((a) => a.item), outbox.size]).toEqual([[0], [1], 2]);
});
