import { gravest, LONGEST_JUDGED, TOO_LONG, type Judgement } from './command-judgement.js';
import { destruction, runsCode } from './dangerous-programs.js';
import { parsePosix } from './posix-parser.js';
import { MOST_DEPTH, Unreadable, type Command, type Redirection, type SimpleCommand, type Word } from './posix-syntax.js';
import { READING_PROGRAMS } from './reading-programs.js';
import { wrapped } from './wrapping-programs.js';

/** A program in one of the system's own folders. A program of the same name elsewhere is another one. */
const SYSTEM_PROGRAM = /^\/(?:usr\/(?:local\/)?)?s?bin\/([^/]+)$/;

/** Change what later commands do, or read code from elsewhere. */
const CHANGES_SHELL = /^(export|unset|declare|typeset|local|readonly|read|mapfile|readarray|getopts|let|enable|hash|alias|unalias|trap|shopt|ulimit|umask|shift|complete|compgen|bind|fc|history|setopt|autoload|zmodload|emulate)$/;
const SHELLS = /^(sh|bash|dash|ash|ksh|mksh|zsh)$/;
/** Variables of a loop that other programs or the shell itself may read. */
const MEANT_FOR_OTHERS = /^([A-Z_][A-Z0-9_]*|path|fpath|cdpath|manpath|module_path)$/;
const READS: Judgement = { class: 'read', why: 'it only reads' };

/** What a script of the POSIX shell does, judged by its syntax alone: only commands that are known to read are taken for reading. */
export function judgePosix(script: string): Judgement {
  if (script.length > LONGEST_JUDGED) return TOO_LONG;
  try {
    return gravest(parsePosix(script).map(judgeCommand), { class: 'read', why: 'it does nothing' });
  } catch (e) {
    if (e instanceof Unreadable) return { class: 'uninspectable', why: `the command can't be read: ${e.message}` };
    throw e;
  }
}

function judgeCommand(command: Command): Judgement {
  const redirected = command.redirections.map(judgeRedirection);
  if (command.kind === 'compound') {
    const { variable } = command;
    const own: Judgement = variable !== undefined && MEANT_FOR_OTHERS.test(variable) ? { class: 'uninspectable', why: `it sets ${variable}: what runs then can't be known` } : READS;
    return gravest([own, ...redirected], own);
  }
  return gravest([judgeSimple(command), ...redirected], { class: 'read', why: 'it does nothing' });
}

function judgeRedirection({ operator, target }: Redirection): Judgement {
  if (operator === '<' || operator === '<&') return READS;
  if (target.expands !== 'nothing') return { class: 'write', why: 'it writes to a file whose name is only known when it runs' };
  if (/^\/dev\/(null|stdout|stderr|fd\/\d+)$/.test(target.text) || (operator === '>&' && /^(\d+|-)$/.test(target.text))) return READS;
  if (/^\/(dev|proc|sys)\//.test(target.text)) return { class: 'destructive', why: `it writes to ${target.text}` };
  return { class: 'write', why: `it writes to ${target.text}` };
}

function judgeSimple({ assignments, words }: SimpleCommand): Judgement {
  if (assignments.length > 0) return { class: 'uninspectable', why: `it sets ${assignments[0]!}: what runs then can't be known` };
  return words.length === 0 ? { class: 'read', why: 'it runs nothing' } : judgeProgram(words);
}

/** @param depth programs that it is run by */
function judgeProgram(words: readonly Word[], depth = 0): Judgement {
  if (depth > MOST_DEPTH) throw new Unreadable('it is nested too deep');
  const [program, ...args] = words;
  if (!program || program.expands !== 'nothing') return { class: 'uninspectable', why: 'which program it runs is only known when it runs' };
  const name = nameOf(program.text);
  if (name === undefined) return { class: 'write', why: `"${program.text}" is no program of the system` };
  if (name === 'command' && /^-[vV]$/.test(args[0]?.text ?? '')) return READS;
  const inner = wrapped(name, args);
  if (inner) return inner.kind === 'command' ? judgeProgram(inner.words, depth + 1) : inner.kind === 'nothing' ? { class: 'read', why: `"${name}" only reads` } : { class: 'uninspectable', why: inner.why };
  if (SHELLS.test(name)) return judgeShell(name, args);
  if (CHANGES_SHELL.test(name)) return { class: 'uninspectable', why: `"${name}" changes what later commands do` };
  const reading = READING_PROGRAMS.get(name);
  const not = reading?.(args);
  if (reading && not === undefined) return { class: 'read', why: `"${name}" only reads` };
  const destroys = destruction(name, args);
  if (destroys !== undefined) return { class: 'destructive', why: destroys };
  if (runsCode(name, args)) return { class: 'uninspectable', why: `"${name}" runs code that is not judged here` };
  if (name === 'find') return judgeFind(args, depth + 1);
  return { class: 'write', why: not === undefined ? `"${name}" is not known to only read` : `"${name}": ${not}` };
}

/** `find -exec` runs commands with every file that it finds; the gravest of them counts. */
function judgeFind(args: readonly Word[], depth: number): Judgement {
  const found: Judgement[] = [];
  let begin: number | undefined;
  for (const [at, { text }] of [...args, END].entries()) {
    if (/^-(exec|execdir|ok|okdir)$/.test(text)) {
      // Where the first one ends may only be known when it runs.
      if (begin !== undefined) return { class: 'uninspectable', why: '"find" runs commands in each other' };
      begin = at + 1;
    } else if (begin !== undefined && (text === END.text || text === '+')) {
      found.push(judgeProgram(args.slice(begin, at).map((a) => (a.text.includes('{}') ? { text: a.text, expands: 'operand' } : a)), depth));
      begin = undefined;
    }
  }
  const isMore = found.length === 0 || args.some((a) => a.expands === 'anything' || /^-(fprint.*|fls)$/.test(a.text));
  return gravest([...found, ...(isMore ? [{ class: 'write', why: '"find" does more than read' } as const] : [])], READS);
}

/** Ends a command of `find`, as the end of its arguments does. */
const END: Word = { text: ';', expands: 'nothing' };

function judgeShell(name: string, args: readonly Word[]): Judgement {
  const [option, script] = args;
  if (option?.expands !== 'nothing' || !/^-[euxf]*c$/.test(option.text) || script?.expands !== 'nothing') return { class: 'uninspectable', why: `"${name}" runs a script that is not written here` };
  return judgePosix(script.text);
}

/** The name of a program of the system; undefined for one that is called by another path. */
function nameOf(text: string): string | undefined {
  return text.includes('/') ? SYSTEM_PROGRAM.exec(text)?.[1] : text;
}
