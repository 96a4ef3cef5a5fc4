import { REDACTED } from '@opsmesh/contracts';
import { HEAD, lastCharacters, mayHold } from './heads.js';
import { secretForms, SHORTEST, type SecretForms } from './secret-forms.js';
import { Unwrapped } from './unwrapped.js';

/**
 * Masks known secrets in a stream of bytes: plain, base64 (each alignment, both alphabets), URL, JSON and UTF-16 forms, also when a chunk ends inside one,
 * and base64 and the bodies of keys also when line breaks and blanks after them stand anywhere within.
 * 1. Bytes that could be the beginning of a secret are held back until the next chunk or {@link flush}; these are at most as many as the longest form has, with its line breaks.
 * 2. Secrets that overlap have one mask. What is held back may begin inside one whose mask has gone out: `masked` is how much of it that is.
 * 3. A line that has ended is told at once, though its last characters could be the first of something wrapped, as long as these are fewer than four. They are
 *    held too, so that the rest is masked; `told` is how much of what is held has gone out, as it is or as a mask.
 */
export class Redactor {
  private held = '';
  private told = 0;
  private masked = 0;

  constructor(private readonly secrets: readonly string[]) {}

  push(chunk: Buffer): Buffer {
    const forms = secretForms(this.secrets);
    if (!forms) return chunk;
    const text = this.held + chunk.toString('latin1');
    const holdsNone = !mayHold(text, forms.plain.heads, forms.wrapped.heads);
    // Without a head anywhere only the last characters can be the beginning of one.
    const unwrapped = holdsNone ? new Unwrapped(text, lastCharacters(text, HEAD - 1)) : new Unwrapped(text);
    const found = holdsNone ? [] : secretsIn(text, unwrapped, forms);
    const plain = forms.plain.unfinished(text);
    const wrapped = forms.wrapped.unfinished(unwrapped.text);
    const keep = Math.min(plain, unwrapped.indexOf(wrapped));
    const isEndOfLine = plain === text.length && unwrapped.endsWrapped && unwrapped.text.length - wrapped < SHORTEST && found.every(([, to]) => to <= keep);
    return this.mask(text, { found, keep, safe: isEndOfLine ? text.length : keep });
  }

  /** What was held back, at the end of the stream. */
  flush(): Buffer {
    const forms = this.held === '' ? undefined : secretForms(this.secrets);
    if (!forms) return Buffer.alloc(0);
    const { length } = this.held;
    return this.mask(this.held, { found: secretsIn(this.held, new Unwrapped(this.held), forms), keep: length, safe: length });
  }

  /** Gives the text until `safe` with its secrets masked, and holds what begins at `keep`. */
  private mask(text: string, { found, keep, safe }: { readonly found: readonly Place[]; readonly keep: number; readonly safe: number }): Buffer {
    let out = '';
    let done = this.told;
    let { masked } = this;
    for (const [from, to] of found) {
      if (from >= keep) break;
      if (from >= masked) out += text.slice(done, Math.max(done, from)) + REDACTED;
      masked = Math.max(masked, to);
      done = Math.max(done, to);
    }
    if (done < safe) {
      out += text.slice(done, safe);
      done = safe;
    }
    this.held = text.slice(keep);
    this.told = Math.max(0, done - keep);
    this.masked = Math.max(0, masked - keep);
    return Buffer.from(out, 'latin1');
  }
}

type Place = readonly [from: number, to: number];

/** Where secrets stand in a text, as `[from, to)`, by where they begin. */
function secretsIn(text: string, unwrapped: Unwrapped, { plain, wrapped }: SecretForms): Place[] {
  const found = plain.in(text);
  for (const [from, to] of wrapped.in(unwrapped.text)) found.push([unwrapped.indexOf(from), unwrapped.indexOf(to - 1) + 1]);
  return found.sort(([a], [b]) => a - b);
}

/** {@link Redactor} for one whole text. */
export function redactText(text: string, secrets: readonly string[]): string {
  const r = new Redactor(secrets);
  return Buffer.concat([r.push(Buffer.from(text, 'utf8')), r.flush()]).toString('utf8');
}
