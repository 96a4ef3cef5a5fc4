import { types } from 'node:util';
import { abortSignal, anything, callback, checkMembers, integer, milliseconds, oneOf, optional, type Rule, type RulesOf, text, texts } from '../option-rules.js';
import type { RunLimits, RunOptions } from '../shell-options.js';

type Kind = 'command' | 'program' | 'script';

const KINDS: Readonly<Record<Kind, Readonly<Record<string, Rule>>>> = {
  command: { command: text },
  program: { program: text, arguments: optional(texts) },
  script: { script: text, data: anything, deliver: optional(oneOf('auto', 'stdin', 'command-line')) },
};

/** Whose a member is that not every kind has, and what to do in its stead. */
const OWNED: Readonly<Record<'arguments' | 'data' | 'deliver', { readonly owner: Kind; readonly instead: Readonly<Partial<Record<Kind, string>>> }>> = {
  arguments: { owner: 'program', instead: { command: 'write them into the command, or run a program', script: 'give them as data' } },
  data: { owner: 'script', instead: { command: 'give it as stdin, or run a script', program: 'give it as stdin, or run a script' } },
  deliver: { owner: 'script', instead: { command: 'leave it out', program: 'leave it out' } },
};

const input: Rule = (name, value) => {
  if (typeof value !== 'string' && !types.isUint8Array(value)) throw new TypeError(`${name} must be a string or a Uint8Array`);
};

const LIMITS: RulesOf<RunLimits> = {
  onStdout: optional(callback),
  onStdoutBytes: optional(callback),
  onStderr: optional(callback),
  maxOutputBytes: optional(integer(0, Infinity)),
  stdin: optional(input),
  idleMs: optional(milliseconds(Infinity)),
  deadlineMs: optional(milliseconds(Infinity)),
  signal: optional(abortSignal),
};

/** @throws TypeError, RangeError for what is not exactly one thing to run, with members of its own kind only, and for limits that are none. */
export function checkRun(options: RunOptions): void {
  const kind = kindOf(options);
  for (const [member, { owner, instead }] of Object.entries(OWNED)) {
    if (owner !== kind && options[member as keyof typeof OWNED] !== undefined) throw new TypeError(`${member} belongs to ${owner}, not to ${kind}: ${instead[kind] ?? ''}`);
  }
  checkMembers(options, KINDS[kind]);
  checkMembers(options, LIMITS);
}

function kindOf(options: RunOptions): Kind {
  const given = (Object.keys(KINDS) as Kind[]).filter((kind) => options[kind] !== undefined);
  const [kind] = given;
  if (kind === undefined || given.length > 1) throw new TypeError(`a run needs exactly one of command, program and script; it has ${given.join(' and ') || 'none'}`);
  return kind;
}
