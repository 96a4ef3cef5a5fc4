// The command lines of our programs, read strictly: what is not understood ends the program before it did anything.
import { parseArgs } from 'node:util';

/**
 * @typedef {object} NumberOption
 * @property {number} [default] without one it may be left out, and is undefined then
 * @property {number} [from] the least of a whole number, 0 or 1; 1 by default
 * @property {boolean} [whole] default true; else any number above 0
 */

/**
 * Reads `--<number> N`, `--<text> T`, `--<flag>` and words without a dash.
 * @param {readonly string[]} args
 * @param {{ numbers?: Record<string, NumberOption>, texts?: Record<string, string | undefined>, flags?: readonly string[], mostWords?: number }} accepted
 *   texts: their defaults; mostWords: 0 by default
 * @returns {{ options: Record<string, any>, words: string[] }} flags are true or false
 * @throws Error that says what is wrong with the command line
 */
export function readOptions(args, { numbers = {}, texts = {}, flags = [], mostWords = 0 }) {
  const options = Object.fromEntries([...Object.keys({ ...numbers, ...texts }).map((n) => [n, { type: 'string' }]), ...flags.map((f) => [f, { type: 'boolean' }])]);
  const { values, positionals: words } = parsed({ args: [...args], allowPositionals: true, options });
  if (words.length > mostWords) throw new Error(`"${words[mostWords]}" is one too many`);
  const found = {};
  for (const [name, accepted] of Object.entries(numbers)) found[name] = values[name] === undefined ? accepted.default : numberOf(name, values[name], accepted);
  for (const [name, fallback] of Object.entries(texts)) found[name] = values[name] ?? fallback;
  for (const name of flags) found[name] = values[name] ?? false;
  return { options: found, words };
}

/** What `read` gives. When it throws, the program ends with 2, having said why and `hint`. */
export function orUsage(read, hint) {
  try {
    return read();
  } catch (e) {
    console.error(`${e.message}\n\n${hint}`);
    process.exit(2);
  }
}

function parsed(config) {
  try {
    return parseArgs(config);
  } catch (e) {
    // Node goes on about arguments that begin with a dash.
    throw new Error(e.message.split('. To specify')[0], { cause: e });
  }
}

function numberOf(name, text, { from = 1, whole = true }) {
  const number = (whole ? /^\d{1,15}$/ : /^\d{1,9}(\.\d{1,9})?$/).test(text) ? Number(text) : NaN;
  if (whole ? number >= from : number > 0) return number;
  throw new Error(`--${name} takes a ${whole ? 'whole ' : ''}number ${whole && from === 0 ? 'from 0 on' : 'above 0'}, not "${text}"`);
}
