import { filled } from './prose.js';

const figures = new Map([['t0 succeeded', 3], ['t0 total', 4]]);

it('figures are filled in by code', () => {
  expect(filled('{t0 succeeded} of {t0 total} hosts answered.', figures)).toEqual({ by: 'model', text: '3 of 4 hosts answered.' });
});
it.each(['3 of 4 hosts answered.', 'Nearly all, ٣, answered.', 'Four hosts answered.', 'Half of them answered.', '{t0 failed} failed.', 'See https://evil.example', '[click](x)', '<img src=x>', '', 'x'.repeat(2000)])('%j is not shown', (text) => {
  expect(filled(text, figures)).toBeNull();
});
it('hidden characters are shown as such', () => {
  expect(filled('All is\u202E well.', figures)!.text).toBe('All is⟨U+202E⟩ well.');
});
