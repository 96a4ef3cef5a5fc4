import { Controller } from '@nestjs/common';
import { ToolFailure } from '@opsmesh/contracts';
import { Tool, type ToolCall, type ToolContext } from '@opsmesh/worker-runtime';
import { Type } from 'class-transformer';
import { IsArray, IsBoolean, IsIn, IsISO8601, IsInt, IsNotEmpty, IsOptional, IsString, Matches, Max, MaxLength, Min, ValidateNested } from 'class-validator';
import { SshClient } from '../ssh/ssh-client.js';
import { NO_ACCESS, NO_FILE, requirePath } from './host-path.js';
import { BAD_PATTERN, fileScript, grepComplaint, grepStatus, journalScript, literalPattern, NO_JOURNAL, parseJournal, parseLines, type LogEntry, type LogQuery } from './log-sources.js';
import { ask, unreadable, word, type Answer } from './run-on-target.js';
import { IsSudo, type SudoInput } from './sudo-input.js';
import { NO_PROGRAM, requireSystemd, UNIT_NAME } from './systemd-unit.js';

export class LogSearchInput {
  /** Asset id, address or host name. */
  @IsString() @IsNotEmpty() @MaxLength(255) target_host!: string;
  /** Text to look for, in one line; every line fits when left out. */
  @IsOptional() @IsString() @Matches(/^[^\0\r\n]+$/) @MaxLength(1024) pattern?: string;
  /** `regex`: the pattern is a regular expression, POSIX extended in a file, PCRE in the journal. `fixed` by default. */
  @IsOptional() @IsIn(['fixed', 'regex']) match?: 'fixed' | 'regex';
  @IsOptional() @IsBoolean() ignoreCase?: boolean;
  /** Absolute path of a log file; the systemd journal is searched when left out. */
  @IsOptional() @IsString() @Matches(/^\/[^\0\n]*$/) @MaxLength(4096) path?: string;
  /** Journal: only entries of this systemd unit. */
  @IsOptional() @IsString() @Matches(UNIT_NAME) unit?: string;
  /** Journal: only entries from then on, ISO 8601. */
  @IsOptional() @IsISO8601() since?: string;
  /** Journal: only entries until then, ISO 8601. */
  @IsOptional() @IsISO8601() until?: string;
  /** Most entries given, the newest; 100 by default. */
  @IsOptional() @IsInt() @Min(1) @Max(1000) limit?: number;
  /** Read as root (true) or as another user, by sudo. */
  @IsSudo() sudo?: SudoInput;
}

/** One line of a file, or one entry of the journal. Texts are cut after 8 KiB. */
class LogEntryDto implements LogEntry {
  @IsString() text!: string;
  /** Journal of systemd before 236: the entry has a text of more than 4 KiB, which is left out; `text` is empty. */
  @IsOptional() @IsBoolean() tooLong?: boolean;
  /** File: number of the line, from 1. */
  @IsOptional() @IsInt() @Min(1) line?: number;
  /** Journal: ISO 8601 UTC. */
  @IsOptional() @IsISO8601() time?: string;
  @IsOptional() @IsString() unit?: string;
  @IsOptional() @IsString() identifier?: string;
  @IsOptional() @IsInt() @Min(0) pid?: number;
  /** 0 (emergency) to 7 (debug). */
  @IsOptional() @IsInt() @Min(0) @Max(7) priority?: number;
}

export class LogSearchOutput {
  @IsString() host!: string;
  /** `journal`, or the file's path. */
  @IsString() source!: string;
  /** Oldest first. */
  @IsArray() @ValidateNested({ each: true }) @Type(() => LogEntryDto) entries!: LogEntryDto[];
  /** Whether older ones that fit were left out. */
  @IsBoolean() truncated!: boolean;
}

const MAX_BYTES = 16_777_216;
/** What a journalctl says that was built without PCRE2, or is older than systemd 237. */
const NO_PATTERNS = /^Compiled without pattern matching support|unrecognized option '--(grep|case-sensitive)/m;

@Controller()
export class LogSearch {
  constructor(private readonly ssh: SshClient) {}

  @Tool({
    name: 'log-search',
    version: '1.1.0',
    description: 'Finds the newest lines of a log file, or entries of the systemd journal, that hold a text or fit a regular expression, on a Linux host over SSH.',
    input: LogSearchInput,
    output: LogSearchOutput,
    effect: 'read',
    idempotent: true,
    credential: { kind: 'ssh', target: '/target_host' },
    listOutput: 'entries',
    timeoutMs: 60_000,
    retry: { maxAttempts: 3, backoff: { initialMs: 500, factor: 2, maxMs: 5000, jitter: true } },
    estimate: { durationMs: 1500 },
    examples: [{ target_host: 'web-01', unit: 'nginx', pattern: 'error', since: '2024-01-05T00:00:00Z' }, { target_host: 'db-01', path: '/var/log/postgresql.log', match: 'regex', pattern: 'FATAL|PANIC', limit: 20 }],
  })
  async run({ input, context }: ToolCall<LogSearchInput>): Promise<LogSearchOutput> {
    const { path, limit = 100 } = input;
    if (path !== undefined && [input.unit, input.since, input.until].some((v) => v !== undefined)) throw new ToolFailure('input-invalid', 'unit, since and until are for the journal, not for a path');
    const { host, entries } = path === undefined ? await this.journal(input, context, limit + 1) : await this.file(path, { input, context, count: limit + 1 });
    return { host, source: path ?? 'journal', entries: entries.slice(-limit), truncated: entries.length > limit };
  }

  private async file(path: string, { input, context, count }: { readonly input: LogSearchInput; readonly context: ToolContext; readonly count: number }): Promise<{ host: string; entries: LogEntry[] }> {
    const query: LogQuery = { pattern: word('pattern', input.pattern ?? ''), regex: input.match === 'regex', ignoreCase: input.ignoreCase === true, count };
    const answer = await ask(this.ssh, context, { script: fileScript(word('path', path), query), sudo: input.sudo, maxOutputBytes: MAX_BYTES, alsoFine: [NO_FILE, NO_ACCESS, BAD_PATTERN] });
    requirePath(path, answer);
    if (answer.exitCode === BAD_PATTERN) throw badPattern('grep', answer);
    const status = grepStatus(answer.stderr);
    const entries = status === undefined ? undefined : parseLines(answer.stdout);
    if (!entries) throw unreadable('grep', answer);
    if (status! > 1) throw new ToolFailure('nonzero-exit', `grep failed on ${answer.host}`, { cause: grepComplaint(answer.stderr).slice(0, 500) });
    return { host: answer.host, entries };
  }

  private async journal(input: LogSearchInput, context: ToolContext, count: number): Promise<{ host: string; entries: LogEntry[] }> {
    const seconds = (iso: string | undefined) => (iso === undefined ? undefined : Math.floor(Date.parse(iso) / 1000));
    const pattern = input.match === 'regex' ? input.pattern ?? '' : literalPattern(input.pattern ?? '');
    const scope = { unit: input.unit === undefined ? undefined : word('unit', input.unit), since: seconds(input.since), until: seconds(input.until) };
    const script = journalScript(scope, { pattern: word('pattern', pattern), ignoreCase: input.ignoreCase === true, count });
    // With --grep journalctl ends with 1 when nothing fits.
    const answer = await ask(this.ssh, context, { script, sudo: input.sudo, maxOutputBytes: MAX_BYTES, alsoFine: [1, NO_PROGRAM, NO_ACCESS, NO_JOURNAL] });
    if (answer.exitCode === NO_ACCESS) throw new ToolFailure('target-refused', `this user may not read the system journal of ${answer.host}: search as root (sudo), or add the user to the group systemd-journal`, { cause: 'Permission denied', output: { host: answer.host } });
    requireSystemd(answer);
    if (answer.exitCode === NO_JOURNAL) throw new ToolFailure('capability-missing', `${answer.host} keeps no systemd journal`);
    if (answer.exitCode !== 0 && answer.stderr.startsWith('Bad pattern')) throw badPattern('journalctl', answer);
    if (answer.exitCode !== 0 && NO_PATTERNS.test(answer.stderr)) throw new ToolFailure('capability-missing', `journalctl on ${answer.host} can't search for a pattern`, { cause: answer.stderr.trim().slice(0, 500) });
    if (answer.exitCode !== 0 && answer.stderr.trim() !== '') throw new ToolFailure('nonzero-exit', `journalctl failed on ${answer.host}`, { cause: answer.stderr.slice(0, 500), output: { host: answer.host } });
    const entries = parseJournal(answer.stdout);
    if (!entries) throw unreadable('journalctl', answer);
    return { host: answer.host, entries };
  }
}

function badPattern(program: string, { host, stderr }: Answer): ToolFailure {
  return new ToolFailure('input-invalid', `${program} on ${host} does not take the pattern as a regular expression`, { cause: stderr.trim().slice(0, 500) });
}
