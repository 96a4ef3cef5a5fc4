import fc from 'fast-check';
import { CappedBytes, CappedText, LineReader } from './sinks.js';

/** Bytes in pieces of any size. */
const pieces = fc.array(fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)), { maxLength: 20 });
const add = <T extends { add(chunk: Buffer): void }>(sink: T, chunks: readonly Buffer[]): T => {
  for (const chunk of chunks) sink.add(chunk);
  return sink;
};

it('bytes are kept as they came, up to the cap', () => {
  fc.assert(fc.property(pieces, fc.nat(200), (chunks, cap) => {
    const all = Buffer.concat(chunks);
    const sink = add(new CappedBytes(cap), chunks);
    expect([sink.bytes().equals(all.subarray(0, cap)), sink.overflowed]).toEqual([true, all.length > cap]);
  }));
});

it('text is decoded whole, however its bytes are split', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }), fc.integer({ min: 1, max: 5 }), (text, size) => {
    const bytes = Buffer.from(text);
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
    const told: string[] = [];
    const sink = add(new CappedText(10_000, (piece) => told.push(piece)), chunks);
    expect([sink.text(), told.join('')]).toEqual([text, text]);
  }));
});

it('lines are told whole and once, and what has no end is the remainder', () => {
  fc.assert(fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', 'ü', ' ', '€') })), fc.string({ unit: fc.constantFrom('b', 'ö') }), fc.integer({ min: 1, max: 4 }), (lines, rest, size) => {
    const bytes = Buffer.from(lines.map((line) => `${line}\n`).join('') + rest);
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
    const told: string[] = [];
    const sink = add(new LineReader((line) => told.push(line)), chunks);
    expect([told, sink.remainder(), sink.overflowed]).toEqual([lines, rest, false]);
  }));
});

it('a line without end is an overflow', () => {
  expect(add(new LineReader(() => undefined, 10), [Buffer.from('short\n'), Buffer.alloc(11, 'x')]).overflowed).toBe(true);
});
