import fc from 'fast-check';
import { lastCharacters, mayHold } from './heads.js';
import { secretForms } from './secret-forms.js';
import { Unwrapped } from './unwrapped.js';

const SECRET = 'correct horse, battery';
const { plain, wrapped } = secretForms([SECRET])!;
const base64 = Buffer.from(SECRET).toString('base64');
const holds = (text: string) => mayHold(text, plain.heads, wrapped.heads);

it('a first look passes over nothing that a closer one finds, however it is wrapped', () => {
  const wraps = ['\n', '\r\n', '\n  ', '\n\n', '\r\n\t', '\r'];
  const piece = fc.oneof(fc.constantFrom('a', ' ', 'corr', SECRET, SECRET.slice(0, 4), base64.slice(0, 5), ...wraps),
    fc.tuple(fc.integer({ min: 1, max: 9 }), fc.constantFrom(...wraps)).map(([width, wrap]) => base64.match(new RegExp(`.{1,${width}}`, 'g'))!.join(wrap)));
  let found = 0;
  fc.assert(fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
    const text = pieces.join('');
    if (plain.in(text).length + wrapped.in(new Unwrapped(text).text).length === 0) return;
    found++;
    expect(holds(text)).toBe(true);
  }), { numRuns: 2000 });
  expect(found).toBeGreaterThan(200);
});

it('most texts hold nothing', () => {
  for (const text of ['', 'abc', 'correction'.slice(0, 3), 'Nov 22 sshd[1]: session opened\n'.repeat(100), 'c\no\nr\nr', base64.slice(1)]) expect([text, holds(text)]).toEqual([text, false]);
});

it.each([['abcdef', 3], ['abc \r\n', 0], ['abcd\n\t e\n', 2], ['ab', 0], ['', 0], ['\n\n', 0]])('the last three characters of %j begin at %i', (text, at) => expect(lastCharacters(text, 3)).toBe(at));
