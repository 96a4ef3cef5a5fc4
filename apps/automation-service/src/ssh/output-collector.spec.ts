import fc from 'fast-check';
import { OutputCollector } from './output-collector.js';

it('characters cut at any place arrive whole', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.array(fc.nat(200)), (text, cuts) => {
    const bytes = Buffer.from(text);
    const c = new OutputCollector({ maxBytes: 10_000, secrets: [] });
    const edges = [0, ...cuts.map((n) => n % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
    for (let i = 1; i < edges.length; i++) void c.push(bytes.subarray(edges[i - 1], edges[i]));
    c.end();
    expect(c.text).toBe(bytes.toString('utf8'));
    expect(c.truncated).toBe(false);
  }));
});

it('cuts at the cap, on the edge of a character, and says so', () => {
  const c = new OutputCollector({ maxBytes: 4, secrets: [] });
  void c.push(Buffer.from('a€€'));
  void c.push(Buffer.from('more'));
  c.end();
  expect([c.text, c.truncated]).toEqual(['a€', true]);
});

it('is not truncated when the output is exactly the cap', () => {
  const c = new OutputCollector({ maxBytes: 3, secrets: [] });
  void c.push(Buffer.from('abc'));
  c.end();
  expect([c.text, c.truncated]).toEqual(['abc', false]);
});

it('never tells nor keeps a secret that comes in parts', () => {
  const told: string[] = [];
  const c = new OutputCollector({ maxBytes: 100, secrets: ['hunter22'], onText: (t) => { told.push(t); } });
  for (const part of ['it is hun', 'ter', '22 ok', ' hunt']) void c.push(Buffer.from(part));
  c.end();
  expect(c.text).toBe('it is [redacted] ok hunt');
  expect(told.join('')).toBe(c.text);
});

it('gives the promise of a slow listener, so that the stream can wait', () => {
  const slow = Promise.resolve();
  expect(new OutputCollector({ maxBytes: 9, secrets: [], onText: () => slow }).push(Buffer.from('x'))).toBe(slow);
  expect(new OutputCollector({ maxBytes: 9, secrets: [], onText: () => {} }).push(Buffer.from('x'))).toBeUndefined();
});
