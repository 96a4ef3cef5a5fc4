import { StartMarker } from './start-marker.js';

const printed = Buffer.from('welcome to the host\nM-1 123 456\nout€\n');

it.each(Array.from({ length: printed.length - 1 }, (_, i) => i + 1))('finds the marker when the bytes are cut at %i', (at) => {
  const m = new StartMarker('M-1');
  const first = m.push(printed.subarray(0, at));
  const found = first.found ? first : m.push(printed.subarray(at));
  const rest = first.found ? Buffer.concat([first.rest, printed.subarray(at)]) : found.found ? found.rest : Buffer.alloc(0);
  expect(found).toMatchObject({ found: true, words: ['123', '456'] });
  expect(rest.toString()).toBe('out€\n');
});

it('tells what stood in its place, within bounds', () => {
  const m = new StartMarker('M-1');
  for (let i = 0; i < 100; i++) expect(m.push(Buffer.alloc(10_000, 'x'))).toEqual({ found: false });
  expect(m.noise.length).toBe(64 * 1024);
});
