import { runInNewContext } from 'node:vm';
import { neutralText, showable } from './neutral-text.js';
import { sentencesOf, wordsOf } from './sentence.js';

describe('neutral text', () => {
  it('shows bidi, zero-width and control characters and reads without them', () => {
    const t = neutralText('restart \u202Engi\u200Bnx\u0007 on web-01');
    expect(t.text).toBe('restart nginx on web-01');
    expect(t.shown).toBe('restart ⟨U+202E⟩ngi⟨U+200B⟩nx⟨U+0007⟩ on web-01');
    expect(t.hidden).toEqual(['U+202E', 'U+200B', 'U+0007']);
  });

  it('tells words that mix letters of scripts that look alike', () => {
    expect(neutralText('restart nginx on w\u0435b-01').mixed).toEqual(['w\u0435b-01']);
    expect(neutralText('перезапусти nginx').mixed).toEqual([]);
  });

  it('reads full-width characters and curly quotes as what they stand for', () => {
    expect(neutralText('ping １０．０．０．１ don’t “x”').text).toBe('ping 10.0.0.1 don\'t "x"');
  });

  it('shows values of hosts in one line of at most 200 characters', () => {
    expect(showable(`a\u202Eb\nc${'x'.repeat(300)}`)).toHaveLength(200 + '⟨U+202E⟩'.length - 1);
  });
});

describe('sentences', () => {
  it.each(['?', '.', ':', '.:', '"', '`', "'a", '> ', '\n', 'a'])('reads %j again and again in time that grows with its length', (part) => {
    const text = `${part.repeat(200_000)}x`;
    // Given up after 5 s.
    expect(runInNewContext('read()', { read: () => sentencesOf(text).length + wordsOf(text).length }, { timeout: 5000 })).toBeGreaterThan(0);
  });

  it('ends them at punctuation before a blank, not inside names and addresses', () => {
    expect(sentencesOf('Ping 10.0.0.1. Is web-01.example.org up? ok').map((s) => [s.text, s.asks])).toEqual([['Ping 10.0.0.1', false], ['Is web-01.example.org up', true], ['ok', false]]);
  });

  it('covers what is quoted, so that it is no instruction', () => {
    const [s] = sentencesOf('search for "restart nginx. now" on web-01');
    expect(s?.plain).not.toMatch(/restart/);
    expect(s?.quotes.map((q) => q.text)).toEqual(['restart nginx. now']);
    expect(sentencesOf('> restart nginx on web-01')[0]?.plain).not.toMatch(/restart/);
  });

  it('reads a quoted name as the name', () => {
    expect(sentencesOf("ping 'web-01'")[0]?.plain).toMatch(/web-01/);
  });
});
