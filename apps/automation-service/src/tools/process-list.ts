import { Controller } from '@nestjs/common';
import { Tool, type ToolCall } from '@opsmesh/worker-runtime';
import { Type } from 'class-transformer';
import { IsArray, IsBoolean, IsIn, IsISO8601, IsInt, IsNotEmpty, IsNumber, IsOptional, IsString, Max, MaxLength, Min, ValidateNested } from 'class-validator';
import { SshClient } from '../ssh/ssh-client.js';
import { isoOfCtime } from './linux-time.js';
import { ask, unreadable } from './run-on-target.js';
import { splitAtColumn } from './text-columns.js';

const PROCESS_SORTS = ['pid', 'memory', 'cpu', 'started'] as const;

export class ProcessListInput {
  /** Asset id, address or host name. */
  @IsString() @IsNotEmpty() @MaxLength(255) target_host!: string;
  /** Only processes of this name, exactly; Linux keeps 15 characters of a name. */
  @IsOptional() @IsString() @IsNotEmpty() @MaxLength(64) name?: string;
  /** Only processes of this user. */
  @IsOptional() @IsString() @IsNotEmpty() @MaxLength(64) user?: string;
  /** `memory`, `cpu`: most first; `started`: newest first; `pid` by default. */
  @IsOptional() @IsIn(PROCESS_SORTS) sort?: (typeof PROCESS_SORTS)[number];
  /** Most processes given; 1000 by default. */
  @IsOptional() @IsInt() @Min(1) @Max(10_000) limit?: number;
  /** Give the command lines too; they may hold secrets of those who started the processes. */
  @IsOptional() @IsBoolean() commandLines?: boolean;
}

class LinuxProcess {
  @IsInt() @Min(1) pid!: number;
  @IsInt() @Min(0) parentPid!: number;
  @IsString() user!: string;
  @IsString() name!: string;
  /** As ps(1) codes it: `R`, `S`, `D`, `Z`, ... */
  @IsString() state!: string;
  /** Resident memory. */
  @IsInt() @Min(0) memoryBytes!: number;
  /** CPU time used over the time since its start, in percent of one CPU. */
  @IsNumber() @Min(0) cpuPercent!: number;
  /** ISO 8601 UTC. */
  @IsISO8601() startedAt!: string;
  /** Present when it was asked for. */
  @IsOptional() @IsString() commandLine?: string;
}

export class ProcessListOutput {
  @IsString() host!: string;
  @IsArray() @ValidateNested({ each: true }) @Type(() => LinuxProcess) processes!: LinuxProcess[];
  /** Number of processes that fit, given or not. */
  @IsInt() @Min(0) total!: number;
  @IsBoolean() truncated!: boolean;
}

/** Columns of the name: more than the 15 that Linux keeps. */
const NAME_WIDTH = 32;
const ORDER: Record<(typeof PROCESS_SORTS)[number], (a: LinuxProcess, b: LinuxProcess) => number> = {
  pid: (a, b) => a.pid - b.pid,
  memory: (a, b) => b.memoryBytes - a.memoryBytes,
  cpu: (a, b) => b.cpuPercent - a.cpuPercent,
  started: (a, b) => b.startedAt.localeCompare(a.startedAt),
};

@Controller()
export class ProcessList {
  constructor(private readonly ssh: SshClient) {}

  @Tool({
    name: 'process-list',
    version: '1.0.0',
    description: 'Lists the processes of a Linux host, over SSH, with user, memory, CPU and start time.',
    input: ProcessListInput,
    output: ProcessListOutput,
    effect: 'read',
    idempotent: true,
    credential: { kind: 'ssh', target: '/target_host' },
    listOutput: 'processes',
    timeoutMs: 30_000,
    retry: { maxAttempts: 3, backoff: { initialMs: 500, factor: 2, maxMs: 5000, jitter: true } },
    estimate: { durationMs: 700 },
    examples: [{ target_host: 'web-01', sort: 'memory', limit: 10 }, { target_host: 'db-01', name: 'postgres', commandLines: true }],
  })
  async run({ input, context }: ToolCall<ProcessListInput>): Promise<ProcessListOutput> {
    const answer = await ask(this.ssh, context, { script: psScript(input.commandLines === true ? 'with command lines' : 'names'), maxOutputBytes: 8_388_608 });
    const all = parsePs(answer.stdout);
    if (!all) throw unreadable('ps', answer);
    const fitting = all.filter((p) => (input.name === undefined || p.name === input.name) && (input.user === undefined || p.user === input.user)).sort(ORDER[input.sort ?? 'pid']);
    const processes = fitting.slice(0, input.limit ?? 1000);
    return { host: answer.host, processes, total: fitting.length, truncated: processes.length < fitting.length };
  }
}

/** Prints one row for each process. In the C locale ps gives `?` for each byte that is not ASCII, so it gets UTF-8; a host that has no such locale goes on in C. */
export function psScript(what: 'names' | 'with command lines'): string {
  return `env LC_ALL=C.UTF-8 ps -ww -e -o pid= -o ppid= -o user:64= -o stat= -o rss= -o pcpu= -o lstart= -o comm:${NAME_WIDTH}=${what === 'names' ? '' : ' -o args='}`;
}

/** The user is all between two numbers and a state that numbers and a time follow: names of directory users hold spaces. */
const ROW = /^ *(\d+) +(\d+) (\S.{0,255}?) {1,80}([A-Za-z][A-Za-z<+]{0,8}) +(\d+) +(\d+(?:\.\d+)?) +([A-Z][a-z]{2} [A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d \d{4}) (.*)$/;

/** The rows of {@link psScript}, or undefined when one is something else. Names may hold spaces. */
export function parsePs(text: string): LinuxProcess[] | undefined {
  const rows = text.split('\n').filter((l) => l !== '').map((line): LinuxProcess | undefined => {
    const [, pid, parent, user, state, rss, cpu, started, rest = ''] = ROW.exec(line) ?? [];
    const startedAt = isoOfCtime(started ?? '');
    const [name, after] = splitAtColumn(rest, NAME_WIDTH);
    const commandLine = after.slice(1).trimEnd();
    if (startedAt === undefined) return undefined;
    return {
      pid: Number(pid), parentPid: Number(parent), user: user!, name: name.trimEnd(), state: state!,
      memoryBytes: Number(rss) * 1024, cpuPercent: Number(cpu), startedAt, ...(commandLine === '' ? {} : { commandLine }),
    };
  });
  return rows.length === 0 || rows.includes(undefined) ? undefined : rows as LinuxProcess[];
}
