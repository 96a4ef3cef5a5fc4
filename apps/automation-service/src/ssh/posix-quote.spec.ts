import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { posixQuote, UnquotableText } from './posix-quote.js';

const shellText = fc.string({ unit: 'grapheme', maxLength: 200 }).filter((s) => !s.includes('\0'));

it('a quoted text means itself to a real shell', () => {
  fc.assert(fc.property(fc.array(shellText, { minLength: 1, maxLength: 20 }), (texts) => {
    const printed = execFileSync('/bin/sh', ['-c', `printf '%s\\n.\\n' ${texts.map(posixQuote).join(' ')}`], { encoding: 'utf8' });
    expect(printed).toBe(texts.map((t) => `${t}\n.\n`).join(''));
  }), { numRuns: 60 });
});

it.each(['a\0b', '\ud800', 'x\udc00y'])('refuses %j, which no argument can carry', (text) => expect(() => posixQuote(text)).toThrow(UnquotableText));
it('keeps a whole surrogate pair', () => expect(posixQuote('😀')).toBe("'😀'"));
