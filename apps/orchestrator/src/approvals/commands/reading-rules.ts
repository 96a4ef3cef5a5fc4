import type { Word } from './posix-syntax.js';

/** Whether a program only reads when it is called so: undefined, or why not. */
export type Reading = (args: readonly Word[]) => string | undefined;

const UNKNOWN = 'an argument that is only known when it runs';

export const always: Reading = () => undefined;

/** Reads unless one of these options is among its arguments. Options may be bundled and abbreviated, so what merely could be one of them counts. */
export function without(letters: string, ...long: readonly string[]): Reading {
  return (args) => {
    for (const [i, { text, expands }] of args.entries()) {
      if (expands === 'anything') return `${UNKNOWN} could be an option`;
      // After an option the sign may be the value of that option, and options go on.
      if (text === '--' && args[i - 1]?.text.startsWith('-') !== true) return undefined;
      const name = text.split('=')[0]!;
      if (/^--./.test(text) ? long.some((l) => l.startsWith(name)) : /^-./.test(text) && [...letters].some((l) => name.includes(l))) return `with "${text}" it does more than read`;
    }
    return undefined;
  };
}

/** Reads when all its options are of these, and it has at most so many operands. */
export function only(options: RegExp, operands = Infinity): Reading {
  return (args) => {
    const unknown = args.find((a) => a.expands === 'anything' || (/^[-+]./.test(a.text) && !options.test(a.text)));
    if (unknown) return `"${unknown.text || UNKNOWN}" is not known to only read`;
    return args.filter((a) => !/^-./.test(a.text)).length > operands ? 'with so many arguments it does more than read' : undefined;
  };
}

/** Reads when its first argument that is no option is one of these; without one when `bare`. Options before it must be of `options`, and `then` judges what comes after it. */
export function verbs(list: string, { bare = false, options = /^$/, then }: { bare?: boolean; options?: RegExp; then?: Reading } = {}): Reading {
  const known = new Set(list.split(' '));
  return (args) => {
    const at = args.findIndex((a) => a.expands !== 'nothing' || !options.test(a.text));
    if (at < 0) return bare ? undefined : 'it says nothing of what to do';
    const verb = args[at]!;
    if (verb.expands !== 'nothing' || !known.has(verb.text)) return `"${verb.text}" is not known to only read`;
    return then?.(args.slice(at + 1));
  };
}

/** Reads when its arguments are exactly one of these lists. */
export function exactly(...lists: readonly string[]): Reading {
  return (args) => (args.every((a) => a.expands === 'nothing') && lists.includes(args.map((a) => a.text).join(' ')) ? undefined : `"${args.map((a) => a.text).join(' ')}" is not known to only read`);
}
