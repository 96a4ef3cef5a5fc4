/** What stands in the place of a secret. */
export const MASK = '[redacted]';
/** Secrets shorter than this are not masked by value: they would match everywhere. In characters. */
const SHORTEST = 4;

/** What secrets look like in a stream. */
interface SecretForms {
  readonly byFirst: ReadonlyMap<string, readonly string[]>;
  /** Undefined when there is nothing to look for. */
  readonly pattern: RegExp | undefined;
  /** Length of the longest form. */
  readonly longest: number;
}

/** Made once for each list of secrets, when it is first looked for; gone with the list. */
const known = new WeakMap<readonly string[], SecretForms>();

function secretForms(secrets: readonly string[]): SecretForms {
  const made = known.get(secrets);
  if (made) return made;
  const forms = [...new Set(secrets.flatMap(formsOf))].sort((a, b) => b.length - a.length);
  const byFirst = new Map<string, string[]>();
  for (const f of forms) byFirst.set(f[0]!, [...(byFirst.get(f[0]!) ?? []), f]);
  const pattern = forms.length > 0 ? new RegExp(forms.map((f) => f.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|'), 'g') : undefined;
  const all = { byFirst, pattern, longest: forms[0]?.length ?? 0 };
  known.set(secrets, all);
  return all;
}

/**
 * Masks known secrets in a stream of bytes: plain, base64 (each alignment, both alphabets), URL, JSON and UTF-16 forms, also when a chunk
 * ends inside one. Bytes that could be the beginning of a secret are held back until the next chunk or {@link flush}.
 */
export class Redactor {
  private held = '';

  constructor(private readonly secrets: readonly string[]) {}

  push(chunk: Buffer): Buffer {
    const forms = secretForms(this.secrets);
    if (forms.pattern === undefined) return chunk;
    const text = this.held + chunk.toString('latin1');
    const safe = safeLength(text, forms);
    let out = '';
    let done = 0;
    for (const m of text.matchAll(forms.pattern)) {
      if (m.index >= safe) break;
      out += text.slice(done, m.index) + MASK;
      done = m.index + m[0].length;
    }
    if (done < safe) {
      out += text.slice(done, safe);
      done = safe;
    }
    this.held = text.slice(done);
    return Buffer.from(out, 'latin1');
  }

  /** What was held back, at the end of the stream. */
  flush(): Buffer {
    const { held } = this;
    if (held === '') return Buffer.alloc(0);
    this.held = '';
    return Buffer.from(held.replace(secretForms(this.secrets).pattern!, MASK), 'latin1');
  }
}

/** Index from which a text may be an unfinished secret. */
function safeLength(text: string, { byFirst, longest }: SecretForms): number {
  for (let i = Math.max(0, text.length - longest + 1); i < text.length; i++) {
    const left = text.length - i;
    if (byFirst.get(text[i]!)?.some((f) => f.length > left && text.endsWith(f.slice(0, left)))) return i;
  }
  return text.length;
}

/** {@link Redactor} for one whole text. */
export function redactText(text: string, secrets: readonly string[]): string {
  const r = new Redactor(secrets);
  return Buffer.concat([r.push(Buffer.from(text, 'utf8')), r.flush()]).toString('utf8');
}

/** The byte sequences (as latin1 text) in which a secret may appear; lines of a multi-line secret count one by one too. */
function formsOf(secret: string): string[] {
  const parts = secret.includes('\n') ? [secret, ...secret.split(/\r?\n/).filter((l) => l.length >= 16 && !l.startsWith('-----'))] : [secret];
  return parts.filter((p) => p.length >= SHORTEST).flatMap((p) => {
    const utf8 = Buffer.from(p, 'utf8');
    const utf16 = Buffer.from(p, 'utf16le');
    const url = encodeURIComponent(p);
    const json = JSON.stringify(p).slice(1, -1);
    const texts = [
      p, url, url.replace(/%[0-9A-F]{2}/g, (c) => c.toLowerCase()), url.replaceAll('%20', '+'),
      url.replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`), json, json.replaceAll('/', '\\/'), asciiJson(json),
    ].map((t) => Buffer.from(t, 'utf8').toString('latin1'));
    return [...texts, utf16.toString('latin1'), Buffer.from(utf16).swap16().toString('latin1'), ...base64Forms(utf8), ...base64Forms(utf16)];
  });
}

function asciiJson(json: string): string {
  return json.replace(/[^\u0000-\u007f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The characters of a base64 text that the bytes alone decide, wherever in it they begin. */
function base64Forms(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    const form = encoded.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
    return form.length < SHORTEST ? [] : [form, form.replaceAll('+', '-').replaceAll('/', '_')];
  });
}
