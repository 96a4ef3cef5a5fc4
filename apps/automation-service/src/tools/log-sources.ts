import { endUnlessReached, NO_ACCESS, NO_FILE } from './host-path.js';
import { isoOfSeconds } from './linux-time.js';

/** One line of a file, or one entry of the journal. */
export interface LogEntry {
  text: string;
  /** The host left the text out, because it is longer than an old journalctl prints (4 KiB); `text` is empty. */
  tooLong?: boolean;
  /** Number of the line in its file, from 1. */
  line?: number;
  /** ISO 8601 UTC; entries of the journal have one. */
  time?: string;
  unit?: string;
  identifier?: string;
  pid?: number;
  /** 0 (emergency) to 7 (debug), as syslog counts. */
  priority?: number;
}

/** What is searched for; `pattern` is a word of the shell. */
export interface LogQuery {
  readonly pattern: string;
  readonly regex: boolean;
  readonly ignoreCase: boolean;
  /** Entries to print, the newest. */
  readonly count: number;
}

/** Bytes of a line that are given. */
const LINE_BYTES = 8192;
/** Exit code of the file script when grep does not take the regular expression; grep says why on stderr. */
export const BAD_PATTERN = 96;
/** Exit code of the journal script when the host keeps no journal. */
export const NO_JOURNAL = 97;
const STATUS = 'opsmesh-grep ';

/**
 * Prints the newest matching lines as `number:line`, and grep's exit code as the last line of stderr; or ends with {@link BAD_PATTERN}, `NO_FILE` or `NO_ACCESS`.
 * `path` is a word of the shell.
 */
export function fileScript(path: string, { pattern, regex, ignoreCase, count }: LogQuery): string {
  const options = `-n -a ${regex ? '-E' : '-F'}${ignoreCase ? ' -i' : ''}`;
  const tryPattern = `grep ${options} -e ${pattern} </dev/null >/dev/null; [ $? -ne 2 ] || exit ${BAD_PATTERN}\n`;
  return `${regex ? tryPattern : ''}[ -f ${path} ] || {
${endUnlessReached(path)}
exit ${NO_FILE}; }
[ -r ${path} ] || { echo "Permission denied" >&2; exit ${NO_ACCESS}; }
{ grep ${options} -e ${pattern} -- ${path}; printf "%s%s\\n" "${STATUS}" $? >&2; } | tail -n ${count} | cut -b 1-${LINE_BYTES}`;
}

/** grep's exit code (0 found, 1 nothing found, else an error), undefined when it is not said. */
export function grepStatus(stderr: string): number | undefined {
  const last = stderr.trimEnd().split('\n').at(-1) ?? '';
  return last.startsWith(STATUS) && /^\d{1,3}$/.test(last.slice(STATUS.length)) ? Number(last.slice(STATUS.length)) : undefined;
}

/** What grep itself said on stderr. */
export function grepComplaint(stderr: string): string {
  return stderr.trimEnd().split('\n').slice(0, -1).join('\n');
}

/** What {@link fileScript} printed, or undefined when it is something else. */
export function parseLines(text: string): LogEntry[] | undefined {
  const entries = text.split('\n').slice(0, -1).map((row): LogEntry | undefined => {
    const [, line, rest] = /^(\d{1,15}):(.*)$/s.exec(row) ?? [];
    // A character that the cut split ends as U+FFFD.
    return line === undefined || rest === undefined ? undefined : { line: Number(line), text: rest.replace(/\uFFFD$/, '').replace(/\r$/, '') };
  });
  return entries.includes(undefined) ? undefined : entries as LogEntry[];
}

export interface JournalScope {
  /** Words of the shell. */
  readonly unit?: string | undefined;
  /** Seconds since the epoch. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

/** Where journald keeps its files (systemd-journald.service(8), FILES). */
const JOURNALS = '/var/log/journal /var/log/journal/* /run/log/journal /run/log/journal/*';
/** Fields that are read; others may be of any size, as that of a core dump. */
const FIELDS = 'MESSAGE,_SYSTEMD_UNIT,SYSLOG_IDENTIFIER,_PID,PRIORITY';

/**
 * Prints the newest matching entries as one JSON object a line (systemd's Journal JSON Format). Texts of more than 4 KiB are printed by `--all` only, which is
 * asked for where the fields can be chosen (systemd 236). journalctl leaves out without a word what its user may not read, so that is looked for first.
 * With `-o json` it does not say either that there is no journal at all, so it is asked once without. Which files count is its matter: those of another machine
 * in the same folders do not.
 */
export function journalScript({ unit, since, until }: JournalScope, { pattern, ignoreCase, count }: Omit<LogQuery, 'regex'>): string {
  const words = ['journalctl --no-pager -o json $all', `-n ${count}`];
  if (unit !== undefined) words.push(`-u ${unit}`);
  if (since !== undefined) words.push(`--since=@${since}`);
  if (until !== undefined) words.push(`--until=@${until}`);
  if (pattern !== "''") words.push(`--case-sensitive=${ignoreCase ? 'no' : 'yes'} --grep=${pattern}`);
  return `for d in ${JOURNALS}; do
[ ! -d "$d" ] || { [ -r "$d" ] && [ -x "$d" ]; } || exit ${NO_ACCESS}
for f in "$d"/system*.journal; do [ ! -e "$f" ] || [ -r "$f" ] || exit ${NO_ACCESS}; done
done
case $(journalctl --no-pager -n 0 2>&1) in
*"No journal files were found"*) exit ${NO_JOURNAL};;
*"insufficient permissions"*) exit ${NO_ACCESS};;
esac
case $(journalctl --help 2>/dev/null) in *--output-fields*) all='--all --output-fields=${FIELDS}';; *) all=;; esac
${words.join(' ')}`;
}

/** A regular expression (PCRE, as journalctl takes it) that means exactly the text. */
export function literalPattern(text: string): string {
  return text.replace(/[!-/:-@[-`{-~ ]/g, '\\$&');
}

/** What journalctl printed, oldest first, or undefined when it is something else. */
export function parseJournal(text: string): LogEntry[] | undefined {
  const rows = text.split('\n').filter((l) => l !== '' && l !== '-- No entries --').map(parseEntry);
  if (rows.includes(undefined)) return undefined;
  return (rows as Row[]).sort((a, b) => a.micros - b.micros || a.sequence - b.sequence).map((r) => r.entry);
}

interface Row {
  readonly micros: number;
  /** Of the entry in its journal: several may have come in one microsecond. */
  readonly sequence: number;
  readonly entry: LogEntry;
}

function parseEntry(line: string): Row | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const field = (name: string): string | undefined => textOf((value as Record<string, unknown>)[name]);
  const number = (name: string): number | undefined => (/^\d{1,16}$/.test(field(name) ?? '') ? Number(field(name)) : undefined);
  const micros = number('__REALTIME_TIMESTAMP');
  const time = micros === undefined ? undefined : isoOfSeconds(micros / 1_000_000);
  if (micros === undefined || time === undefined) return undefined;
  const [unit, identifier, pid, priority] = [field('_SYSTEMD_UNIT'), field('SYSLOG_IDENTIFIER'), number('_PID'), number('PRIORITY')];
  const [, sequence = '0'] = /;i=([0-9a-f]{1,13});/.exec(field('__CURSOR') ?? '') ?? [];
  return {
    micros, sequence: Number.parseInt(sequence, 16),
    entry: {
      text: (field('MESSAGE') ?? '').slice(0, LINE_BYTES), ...((value as Record<string, unknown>)['MESSAGE'] === null ? { tooLong: true } : {}), time, ...(unit === undefined ? {} : { unit }), ...(identifier === undefined ? {} : { identifier }),
      ...(pid === undefined ? {} : { pid }), ...(priority === undefined ? {} : { priority }),
    },
  };
}

/** A text, or bytes that are none as a list of numbers; of a field that was given several times, the first. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return undefined;
  return value.every((v) => Number.isInteger(v)) ? Buffer.from(value as number[]).toString('utf8') : textOf(value[0]);
}
