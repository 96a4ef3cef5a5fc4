import type { Word } from './posix-syntax.js';

/** How a program is called that runs the command which stands among its arguments. */
interface Wrapper {
  /** Options without a value. */
  readonly flags: RegExp;
  /** Options with one. */
  readonly valued: RegExp;
  /** Operands before the command. */
  readonly operands: number;
}

const NONE = /^$/;
const WRAPPERS: Readonly<Record<string, Wrapper>> = {
  sudo: { flags: /^-[nHk]+$/, valued: /^-[ug]$/, operands: 0 }, doas: { flags: /^-n$/, valued: /^-u$/, operands: 0 }, nice: { flags: /^-n?\d+$/, valued: /^-n$/, operands: 0 }, ionice: { flags: /^(-t|-c\d|-n\d)$/, valued: /^-[cn]$/, operands: 0 },
  timeout: { flags: /^(--foreground|--preserve-status|-v|--signal=\w+|--kill-after=\w+)$/, valued: /^-[sk]$/, operands: 1 }, nohup: { flags: NONE, valued: NONE, operands: 0 }, setsid: { flags: /^-[wf]$/, valued: NONE, operands: 0 },
  stdbuf: { flags: /^-[ioe](L|\d+)$/, valued: /^-[ioe]$/, operands: 0 }, time: { flags: /^-p$/, valued: NONE, operands: 0 }, exec: { flags: NONE, valued: NONE, operands: 0 }, builtin: { flags: NONE, valued: NONE, operands: 0 }, command: { flags: /^-p$/, valued: NONE, operands: 0 },
  xargs: { flags: /^(-[0rtx]+|-[nPL]\d+|--null|--no-run-if-empty)$/, valued: /^-[nPLId]$/, operands: 0 }, env: { flags: NONE, valued: NONE, operands: 0 }, busybox: { flags: NONE, valued: NONE, operands: 0 },
};

/** The command that another one runs. `nothing`: it runs none; `unknown`: which one can't be known, and why. */
export type Wrapped = { readonly kind: 'command'; readonly words: readonly Word[] } | { readonly kind: 'nothing' } | { readonly kind: 'unknown'; readonly why: string };

/** What a program runs that is called so; undefined for a program that runs no other. */
export function wrapped(name: string, args: readonly Word[]): Wrapped | undefined {
  const wrapper = Object.hasOwn(WRAPPERS, name) ? WRAPPERS[name] : undefined;
  if (!wrapper) return undefined;
  const { flags, valued, operands } = wrapper;
  const unknown = (text: string): Wrapped => ({ kind: 'unknown', why: `what "${[name, text].join(' ').trim()}" runs can't be known` });
  let at = 0;
  let replaced: string | undefined;
  for (; args[at]?.text.startsWith('-'); at++) {
    const { text, expands } = args[at]!;
    if (text === '--') { at++; break; }
    const mark = name === 'xargs' && expands === 'nothing' ? /^-I(.+)$/.exec(text)?.[1] : undefined;
    if (mark !== undefined) {
      replaced = mark;
      continue;
    }
    if (expands !== 'nothing' || (!flags.test(text) && !valued.test(text))) return unknown(text);
    if (!valued.test(text)) continue;
    at++;
    // A value that could become several words would move the command.
    if (args[at]?.expands !== 'nothing') return unknown(text);
    if (name === 'xargs' && text === '-I') replaced = args[at]!.text;
  }
  if (args.slice(at, at + operands).some((a) => a.expands !== 'nothing')) return unknown('');
  const rest = args.slice(at + operands);
  const [first] = rest;
  if (first && /^[A-Za-z_]\w*=/.test(first.text)) return { kind: 'unknown', why: `it sets ${first.text.split('=')[0]!}: what runs then can't be known` };
  if (rest.length === 0) return name === 'env' || name === 'xargs' ? { kind: 'nothing' } : { kind: 'unknown', why: `"${name}" runs nothing that is written here` };
  if (name !== 'xargs') return { kind: 'command', words: rest };
  return { kind: 'command', words: replaced === undefined ? [...rest, { text: '', expands: 'anything' }] : rest.map((w) => filledIn(w, replaced)) };
}

/** A word in which a line of the input takes the place of a mark: one word, whatever the line holds. */
function filledIn(word: Word, mark: string): Word {
  const at = mark === '' ? -1 : word.text.indexOf(mark);
  if (at < 0) return word;
  const text = word.text.slice(0, at);
  return { text, expands: word.expands === 'anything' || text === '' || text.startsWith('-') ? 'anything' : 'operand' };
}
