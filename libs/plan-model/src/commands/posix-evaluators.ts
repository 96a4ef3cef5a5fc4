/** One word of a simple command with its quotes removed; values in it are left out of `text`. */
export interface Word {
  readonly text: string;
  readonly hasValue: boolean;
}

/** `unsafe`: a value would be read as code. `reads-code`: the command takes code from what is piped into it. */
export interface Verdict {
  readonly kind: 'unsafe' | 'reads-code';
  readonly why: string;
}

const RESERVED = new Set(['if', 'then', 'elif', 'else', 'do', 'while', 'until', '!', '{', 'time']);
/** Programs that run another program which stands among their arguments. */
const WRAPPERS = new Set(['sudo', 'doas', 'env', 'exec', 'command', 'builtin', 'nohup', 'nice', 'ionice', 'setsid', 'stdbuf', 'timeout', 'xargs', 'find', 'chroot', 'nsenter', 'unshare', 'flock', 'script', 'strace',
  'docker', 'podman', 'kubectl', 'lxc', 'ip', 'busybox', 'systemd-run']);
/** Those of them whose next argument is a command of their own. */
const WITH_SUBCOMMANDS = new Set(['find', 'docker', 'podman', 'kubectl', 'lxc', 'ip']);
/** Built-ins of shells that evaluate their arguments. */
const BUILT_INS = new Set(['.', 'eval', 'trap', 'source', 'alias', 'let', 'declare', 'typeset', 'local', 'unset', 'read', 'readarray', 'mapfile', 'getopts']);
/** Programs that read their arguments as code. */
const EVALUATORS = new Set(['ssh', 'su', 'runuser', 'watch', 'parallel', 'at', 'batch', 'crontab']);
/** Programs that take code in an argument, by the option that says so. */
const INTERPRETERS: readonly { readonly name: RegExp; readonly option: RegExp; readonly program: boolean }[] = [
  { name: /^(sh|bash|dash|zsh|ksh|mksh|ash|fish|csh|tcsh|rbash)$/, option: /^(-(?=[a-zA-Z]*c)[a-zA-Z]+$|--command)/, program: true },
  { name: /^(python|pypy)[\d.]*$/, option: /^-[a-zA-Z]*[cm]$/, program: true },
  { name: /^(perl|ruby|lua|osascript)[\d.]*$/, option: /^-[a-zA-Z]*[eE]$/, program: true },
  { name: /^(node|nodejs|deno|bun)$/, option: /^(-e|-p|--eval|--print|eval)$/, program: true },
  { name: /^php[\d.]*$/, option: /^-[rBRE]$/, program: true },
  { name: /^(pwsh|powershell)(\.exe)?$/, option: /^-(c|command|e|enc|encodedcommand)$/i, program: true },
  { name: /^([gmn]?awk|busybox-awk)$/, option: /^(-e|--source)$/, program: true },
  { name: /^g?sed$/, option: /^(-[a-zA-Z]*e|--expression)$/, program: true },
  { name: /^(mysql|mariadb|psql|sqlite3|mongo|mongosh)$/, option: /^(-e|-c|--execute|--command|--eval)$/, program: false },
];

/** Interpreters that are looked at in one simple command: the words behind each are read for it. */
const MOST_INTERPRETERS = 20;

/** Judges the values in the words of one simple command; undefined when there is nothing against them. */
export function judgeSimpleCommand(all: readonly Word[], piped: boolean): Verdict | undefined {
  const subscript = all.find((w) => w.hasValue && /^[A-Za-z_]\w*\[/.test(w.text));
  if (subscript) return unsafe(`a value can't be used in "${subscript.text}": a shell calculates what stands in brackets`);
  const start = all.findIndex((w) => !RESERVED.has(w.text) && !/^[A-Za-z_]\w*\+?=/.test(w.text));
  const words = start < 0 ? [] : all.slice(start);
  const [program] = words;
  if (!program) return undefined;
  if (program.hasValue) return unsafe('a value can\'t name the program that is run; write its name');
  const name = baseName(program.text);
  const lastValue = words.findLastIndex((w) => w.hasValue);
  const hasValue = lastValue >= 0;
  if (WRAPPERS.has(name) && !WITH_SUBCOMMANDS.has(name) && words[1]?.hasValue) return unsafe(`a value can't name the program that "${name}" runs`);
  if (hasValue && name.includes('$')) return unsafe(`a value can't be an argument of "${name}": which program that is can't be known before`);
  if (hasValue && (BUILT_INS.has(name) || EVALUATORS.has(name))) return readsCode(name);
  if (/^(test|\[)$/.test(name)) return judgeTest(words);
  if (name === 'printf' && words[1]?.text === '-v' && hasValue) return readsCode('printf -v');
  let interpreters = 0;
  for (const [i, word] of words.entries()) {
    if (word.hasValue || (i > 0 && !WRAPPERS.has(name) && !takesCode(words, i))) continue;
    if (i > 0 && EVALUATORS.has(baseName(word.text)) && i <= lastValue) return readsCode(baseName(word.text));
    if (!interpreterOf(word)) continue;
    if (++interpreters > MOST_INTERPRETERS) return { kind: 'reads-code', why: `a value can't be used in a command that names more than ${MOST_INTERPRETERS} interpreters` };
    const verdict = judgeInterpreter(words.slice(i), piped);
    if (verdict) return verdict;
  }
  return piped && name === 'ssh' && words.length <= 2 ? { kind: 'reads-code', why: 'a value can\'t be used in a command that pipes into "ssh"' } : undefined;
}

/** A program anywhere among the words counts when an option for code follows it at once. */
function takesCode(words: readonly Word[], at: number): boolean {
  const interpreter = interpreterOf(words[at]!);
  return interpreter !== undefined && interpreter.option.test(words[at + 1]?.text ?? '');
}

function judgeInterpreter(words: readonly Word[], piped: boolean): Verdict | undefined {
  const interpreter = interpreterOf(words[0]!);
  if (!interpreter) return undefined;
  const name = baseName(words[0]!.text);
  const why = `a value can't be used in code for "${name}"; give it as an argument after the code, as in sh -c 'echo "$1"' sh <<value>>`;
  const code = codeAt(words, interpreter);
  if (code === undefined) {
    if (interpreter.program && words.some((w) => w.hasValue && !isVariable(words, w))) return unsafe(why);
    return piped && interpreter.program ? { kind: 'reads-code', why: `a value can't be used in a command that pipes into "${name}"` } : undefined;
  }
  const inCode = words.slice(0, code + 1).some((w) => w.hasValue && !isVariable(words, w));
  const later = words.slice(code + 1).some((w, i) => w.hasValue && interpreter.option.test(words[code + i]!.text));
  return inCode || later ? unsafe(why) : undefined;
}

/** Index of the word that holds the code or names its file; undefined when the program reads its standard input. */
function codeAt(words: readonly Word[], { option, program }: { option: RegExp; program: boolean }): number | undefined {
  for (let i = 1; i < words.length; i++) {
    const { text } = words[i]!;
    if (option.test(text)) return i + 1;
    if (/^-[vF]$/.test(text)) i++;
    else if (program && !text.startsWith('-')) return /^\/(dev\/(stdin|fd\/0)|proc\/self\/fd\/0)$/.test(text) ? undefined : i;
  }
  return program ? undefined : words.length - 1;
}

/** `-v name=<<value>>` of awk: data, and the way to give it. */
function isVariable(words: readonly Word[], word: Word): boolean {
  return words[words.indexOf(word) - 1]?.text === '-v' && /^[A-Za-z_]\w*=/.test(word.text) && /awk$/.test(words[0]!.text);
}

/** Some shells calculate what they compare as numbers, and a subscript in it can run a command. */
function judgeTest(words: readonly Word[]): Verdict | undefined {
  const risky = words.some((w) => /^-(eq|ne|lt|le|gt|ge|v)$/.test(w.text)) && words.some((w) => w.hasValue);
  return risky ? unsafe('a value can\'t be compared as a number by "test": some shells calculate it; compare it as text, or use "when"') : undefined;
}

function interpreterOf(word: Word): (typeof INTERPRETERS)[number] | undefined {
  return !word.hasValue ? INTERPRETERS.find((i) => i.name.test(baseName(word.text))) : undefined;
}

function baseName(text: string): string {
  return text.slice(text.lastIndexOf('/') + 1);
}

function readsCode(name: string): Verdict {
  return unsafe(`a value can't be an argument of "${name}", which reads its arguments as code`);
}

function unsafe(why: string): Verdict {
  return { kind: 'unsafe', why };
}
