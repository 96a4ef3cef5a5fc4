import { Writable } from 'node:stream';
import { gatherWrites } from './gather-writes.js';

let writes: string[];
let stream: Writable;
beforeEach(() => {
  writes = [];
  stream = gatherWrites(new Writable({ writev: (chunks, done) => { writes.push(chunks.map((c) => (c.chunk as Buffer).toString()).join('')); done(); } }));
});
const nextTurn = () => new Promise((ok) => { setImmediate(ok); });

it('what is written in one turn leaves in one write, in its order', async () => {
  for (const piece of ['one ', 'two ', 'three']) stream.write(piece);
  expect(writes).toEqual([]);
  await nextTurn();
  expect(writes).toEqual(['one two three']);
});

it('nothing waits for a later turn', async () => {
  stream.write('first');
  await nextTurn();
  stream.write('second');
  await nextTurn();
  expect(writes).toEqual(['first', 'second']);
});

it('what was written before the end leaves', async () => {
  stream.write('one ');
  stream.end('two');
  await nextTurn();
  expect(writes).toEqual(['one two']);
});

it('tells when a piece was written', async () => {
  await new Promise<void>((ok) => { stream.write('text', () => { ok(); }); });
  await new Promise<void>((ok) => { stream.write('text', 'utf8', () => { ok(); }); });
  expect(writes).toEqual(['text', 'text']);
});
