import { randomUUID } from 'node:crypto';
import { assertQuotable, posixQuote } from './posix-quote.js';

/**
 * How a command reaches the remote shell.
 *
 * 1. The string given to the SSH `exec` request ({@link bootstrap}) is fixed but for a random nonce, so the user's login shell (which may be
 *    no POSIX shell) parses nothing that came from a plan, and no argument list holds a command, a value or a secret.
 * 2. It makes a shell the leader of a process group and lets it say so, with its pid, after a marker on stderr. The one line of stdin that
 *    shell reads ({@link programLine}) is sent only after that answer. A connection lost earlier has executed nothing.
 * 3. On stdout the marker comes once the line was read. What was printed before the markers belongs to the login shell, not to the command.
 * 4. The rest of stdin is the command's own.
 * 5. With sudo the line is one of ./sudo: the shell becomes one of another user, which reads the line that carries the command.
 * 6. The shell exports {@link EXEC_VARIABLE} with the nonce, so every program of the command begins with it in its environment, by which a stop
 *    finds those that left the group. What a host shows of a process is the environment it began with (proc(5)): for the shell itself and its
 *    forks that is one without the nonce, which is enough where the shell leads a session, since they can leave that only by a program.
 *    A shell that leads none begins once more, with the nonce.
 */
export interface RemoteCommand {
  /** Script of the POSIX shell. */
  readonly script: string;
  /** Variables to export; names match `[A-Za-z_][A-Za-z0-9_]*`. */
  readonly env?: Readonly<Record<string, string>>;
  /** Text for the command's stdin; `/dev/null` when left out. */
  readonly stdin?: string;
}

export const EXEC_VARIABLE = 'OPSMESH_EXEC';

/** Reads one line of stdin, byte by byte as POSIX asks of `read`, and runs it; the rest of stdin is left alone. */
export const READ_AND_RUN = 'IFS= read -r opsmesh_p && eval "$opsmesh_p"';

/** A text for one command that nobody can foresee, hexadecimal. Node keeps random bytes for UUIDs ready, which makes it cheap. */
export function newNonce(): string {
  return randomUUID().replaceAll('-', '');
}

/**
 * What the remote shell does before the command: becomes the leader of a group, answers `<marker> <process group or 0> <start time of the leader or empty>`
 * on stderr, and reads the line to run. No single quote, backslash, exclamation mark or line feed is in it: shells differ in what those mean inside
 * single quotes. It costs the host no process, and no further program but where the login shell leads no session.
 */
const ANNOUNCE = [
  'opsmesh_s=', 'if [ -r /proc/$$/stat ]; then IFS= read -r opsmesh_s </proc/$$/stat; fi',
  // This text, empty in a shell that begins for the second time, and the fields of proc(5) from the third on.
  'set -- "${1-}" ${opsmesh_s##*") "}',
  'opsmesh_g=$$', '[ "${4-}" = $$ ] || kill -s 0 -- -$$ 2>/dev/null || opsmesh_g=0',
  '[ -z "$1" ] || [ $opsmesh_g,${5-$$} = $$,$$ ] || { [ $opsmesh_g = 0 ] && command -v setsid >/dev/null 2>&1 && exec setsid /bin/sh -c "$1"; exec /bin/sh -c "$1"; }',
  `echo "${marker(`$${EXEC_VARIABLE}`)} $opsmesh_g \${21-}" >&2`,
  'set --', 'unset opsmesh_g opsmesh_s',
  `IFS= read -r opsmesh_p && echo "${marker(`$${EXEC_VARIABLE}`)}" && eval "$opsmesh_p"`,
].join('; ');

/** The exec string. `nonce` is hexadecimal. The shell marks itself: `env` would be one more program to start. */
export function bootstrap(nonce: string): string {
  return `exec /bin/sh -c 'export ${EXEC_VARIABLE}=${nonce}; eval "$1"' /bin/sh '${ANNOUNCE}'`;
}

/** The marker that ends what the login shell printed. */
export function marker(nonce: string): string {
  return `opsmesh-${nonce}`;
}

/**
 * The line that carries the command. CDPATH is unset so that a `cd` prints nothing.
 * @throws UnquotableText
 */
export function programLine(command: RemoteCommand): string {
  const lineFeed = [command.script, ...Object.values(command.env ?? {})].some((text) => text.includes('\n'));
  const parts = ['unset opsmesh_p CDPATH', ...(lineFeed ? [NEWLINE_VARIABLE] : [])];
  if (command.stdin === undefined) parts.push('exec </dev/null');
  for (const [name, value] of Object.entries(command.env ?? {})) parts.push(`export ${name}=${quoteInLine(value)}`);
  parts.push(`eval ${quoteInLine(lineFeed ? `unset opsmesh_n\n${command.script}` : command.script)}`);
  return `${parts.join('; ')}\n`;
}

/** Any script as the one line that {@link bootstrap} reads. */
export function scriptLine(script: string): string {
  return `${NEWLINE_VARIABLE}; eval ${quoteInLine(script)}\n`;
}

/** It costs the host a process, so it is made only for a text that needs it. */
const NEWLINE_VARIABLE = 'opsmesh_n=$(printf "\\nx"); opsmesh_n=${opsmesh_n%x}';

/** {@link posixQuote} for a text that must not break the line: line feeds come from a variable. */
function quoteInLine(text: string): string {
  assertQuotable(text);
  return posixQuote(text).replaceAll('\n', `'"$opsmesh_n"'`);
}
