import { batchPlace } from './batch-place.js';

const place = (n: number, flags = '01'): string => `00-${String(n).padStart(32, '0')}-${String(n).padStart(16, '0')}-${flags}`;

it('puts a batch of one trace into it', () => {
  expect(batchPlace([place(1), null, place(1), undefined])).toEqual({ parent: place(1) });
});

it('links a batch of several traces to at most sixteen of them', () => {
  expect(batchPlace([place(1), place(2)])).toEqual({ parent: null, links: [place(1), place(2)] });
  expect(batchPlace(Array.from({ length: 40 }, (_, n) => place(n + 1)))?.links).toHaveLength(16);
});

it('needs no span for what nobody records', () => {
  expect(batchPlace([])).toBeUndefined();
  expect(batchPlace([null, 'nonsense', place(1, '00')])).toBeUndefined();
});
