import { HEAD, Heads, withNext } from './heads.js';

/** Secrets shorter than this are not masked by value: they would match everywhere. In characters. */
export const SHORTEST = 4;
/** A line of a secret shorter than this is not looked for by itself. */
const SHORTEST_LINE = 16;

/**
 * Texts to look for in one view of a stream (each character one byte).
 * A place is looked at closely only if its first four characters are those of a needle: the work grows with the text, not with the needles.
 */
export class Needles {
  /** Needles by their first one to four characters, long ones first: at one place the longest counts. */
  private readonly byHead = new Map<string, string[]>();
  readonly heads: Heads;
  private readonly longest: number;

  /** @param texts of {@link HEAD} characters and more */
  constructor(texts: readonly string[]) {
    const needles = [...new Set(texts)].sort((a, b) => b.length - a.length);
    for (const needle of needles) {
      for (let n = 1; n <= HEAD; n++) {
        const same = this.byHead.get(needle.slice(0, n));
        if (same) same.push(needle);
        else this.byHead.set(needle.slice(0, n), [needle]);
      }
    }
    this.heads = new Heads(needles);
    this.longest = needles[0]?.length ?? 0;
  }

  /** The longest needle at each place where one begins, as `[from, to)`, in order; they may overlap. */
  in(text: string): (readonly [from: number, to: number])[] {
    const found: (readonly [number, number])[] = [];
    for (const from of this.headsIn(text, 0)) {
      const needle = this.byHead.get(text.slice(from, from + HEAD))?.find((n) => text.startsWith(n, from));
      if (needle !== undefined) found.push([from, from + needle.length]);
    }
    return found;
  }

  /** Index from which the text may be the beginning of a needle; its length when it cannot. */
  unfinished(text: string): number {
    const isCut = (i: number) => this.byHead.get(text.slice(i, i + HEAD))?.some((n) => n.length > text.length - i && text.endsWith(n.slice(0, text.length - i))) === true;
    const cut = this.headsIn(text, Math.max(0, text.length - this.longest + 1)).find(isCut);
    if (cut !== undefined) return cut;
    for (let i = Math.max(0, text.length - HEAD + 1); i < text.length; i++) if (isCut(i)) return i;
    return text.length;
  }

  /** Places, `begin` or later, where a needle may begin by its first characters. */
  private headsIn(text: string, begin: number): number[] {
    const { heads } = this;
    const places: number[] = [];
    const end = text.length;
    let head = 0;
    for (let i = begin; i < end; i++) {
      head = withNext(head, text.charCodeAt(i));
      if (heads.has(head) && i - begin >= HEAD - 1) places.push(i - HEAD + 1);
    }
    return places;
  }
}

/** What secrets look like in a stream: as it is, and in its view without line breaks, for what programs wrap as they like. */
export interface SecretForms {
  readonly plain: Needles;
  readonly wrapped: Needles;
}

/** Made once for each list of secrets, when it is first looked for; gone with the list. */
const made = new WeakMap<readonly string[], SecretForms>();

/** The forms of secrets of four characters and more; undefined when there is nothing to look for. */
export function secretForms(secrets: readonly string[]): SecretForms | undefined {
  if (secrets.every((s) => s.length < SHORTEST)) return undefined;
  let forms = made.get(secrets);
  if (!forms) made.set(secrets, forms = { plain: new Needles(secrets.flatMap(plainForms)), wrapped: new Needles(secrets.flatMap(wrappedForms)) });
  return forms;
}

/** A secret and, if it has several lines, each long one of them: tools print keys in parts. */
function partsOf(secret: string): string[] {
  return [secret, ...linesOf(secret).filter((l) => l.length >= SHORTEST_LINE)].filter((p) => p.length >= SHORTEST);
}

function linesOf(secret: string): string[] {
  return secret.includes('\n') ? secret.split(/\r?\n/).map((l) => l.trim()).filter((l) => !l.startsWith('-----')) : [];
}

/** Of each part itself, URL, JSON and UTF-16, as bytes in latin1. */
function plainForms(secret: string): string[] {
  return partsOf(secret).flatMap((p) => {
    const utf16 = Buffer.from(p, 'utf16le');
    const url = encodeURIComponent(p);
    const json = JSON.stringify(p).slice(1, -1);
    const texts = [
      p, url, url.replace(/%[0-9A-F]{2}/g, (c) => c.toLowerCase()), url.replaceAll('%20', '+'),
      url.replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`), json, json.replaceAll('/', '\\/'), asciiJson(json),
    ];
    return [...texts.map(latin1), utf16.toString('latin1'), Buffer.from(utf16).swap16().toString('latin1')];
  });
}

/** Of each part base64, each alignment and both alphabets, of UTF-8 and UTF-16; of a key, which is base64 already, its lines and its whole body. */
function wrappedForms(secret: string): string[] {
  const lines = linesOf(secret);
  const body = lines.filter((l) => /^[A-Za-z0-9+/]+={0,2}$/.test(l)).join('');
  return [
    ...lines.filter((l) => l.length >= SHORTEST_LINE).map(latin1), ...(body.length >= SHORTEST_LINE ? [body] : []),
    ...partsOf(secret).flatMap((p) => [...base64Forms(Buffer.from(p, 'utf8')), ...base64Forms(Buffer.from(p, 'utf16le'))]),
  ];
}

function latin1(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
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
