import { Controller } from '@nestjs/common';
import { Tool, type ToolCall } from '@opsmesh/worker-runtime';
import { IsISO8601, IsInt, IsNotEmpty, IsNumber, IsOptional, IsString, MaxLength, Min } from 'class-validator';
import { SshClient } from '../ssh/ssh-client.js';
import { isoOfSeconds } from './linux-time.js';
import { ask, unreadable } from './run-on-target.js';

export class SystemInfoInput {
  /** Asset id, address or host name. */
  @IsString() @IsNotEmpty() @MaxLength(255) target_host!: string;
}

/** Memory in bytes, times ISO 8601 UTC by the host's own clock. */
export class SystemInfoOutput {
  @IsString() host!: string;
  /** The name the host gives itself. */
  @IsString() hostname!: string;
  /** Name for people, for example `Debian GNU/Linux 12 (bookworm)`. */
  @IsString() os!: string;
  /** `ID` and `VERSION_ID` of os-release(5); absent where it says none. */
  @IsOptional() @IsString() osId?: string;
  @IsOptional() @IsString() osVersion?: string;
  @IsString() kernel!: string;
  @IsString() architecture!: string;
  @IsInt() @Min(1) cpus!: number;
  @IsInt() @Min(0) memoryBytes!: number;
  /** What can be used without swapping. */
  @IsInt() @Min(0) memoryAvailableBytes!: number;
  @IsInt() @Min(0) swapBytes!: number;
  @IsNumber() @Min(0) load1!: number;
  @IsNumber() @Min(0) load5!: number;
  @IsNumber() @Min(0) load15!: number;
  @IsInt() @Min(0) uptimeSeconds!: number;
  @IsISO8601() bootedAt!: string;
  @IsISO8601() time!: string;
}

/** Sections of the script's output, each after a line `== name`. */
const SECTIONS = {
  hostname: 'uname -n', kernel: 'uname -r', machine: 'uname -m', os: 'cat /etc/os-release 2>/dev/null || :', cpus: 'nproc',
  memory: 'cat /proc/meminfo', load: 'cat /proc/loadavg', uptime: 'cat /proc/uptime', time: 'date +%s',
} as const;
type Section = keyof typeof SECTIONS;
const SCRIPT = `set -e\n${Object.entries(SECTIONS).map(([name, command]) => `echo "== ${name}"; ${command}`).join('\n')}`;

@Controller()
export class SystemInfo {
  constructor(private readonly ssh: SshClient) {}

  @Tool({
    name: 'system-info',
    version: '1.0.0',
    description: 'Tells operating system, kernel, CPUs, memory, load and uptime of a Linux host, over SSH.',
    input: SystemInfoInput,
    output: SystemInfoOutput,
    effect: 'read',
    idempotent: true,
    credential: { kind: 'ssh', target: '/target_host' },
    timeoutMs: 30_000,
    retry: { maxAttempts: 3, backoff: { initialMs: 500, factor: 2, maxMs: 5000, jitter: true } },
    estimate: { durationMs: 500 },
    examples: [{ target_host: 'web-01' }],
  })
  async run({ context }: ToolCall<SystemInfoInput>): Promise<SystemInfoOutput> {
    const answer = await ask(this.ssh, context, { script: SCRIPT, maxOutputBytes: 262_144 });
    const info = parseSystemInfo(answer.stdout);
    if (!info) throw unreadable('the script', answer);
    return { host: answer.host, ...info };
  }
}

/** What the script printed, or undefined when it is something else. */
export function parseSystemInfo(text: string): Omit<SystemInfoOutput, 'host'> | undefined {
  const parts = new Map<string, string>();
  for (const part of text.split(/^== /m).slice(1)) {
    const end = part.indexOf('\n');
    parts.set(part.slice(0, end), part.slice(end + 1).trim());
  }
  if (text.slice(0, 3) !== '== ' || (Object.keys(SECTIONS) as Section[]).some((s) => s !== 'os' && !parts.get(s))) return undefined;
  const of = (section: Section): string => parts.get(section) ?? '';
  const release = parseOsRelease(of('os'));
  const kib = (name: string) => Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(of('memory'))?.[1] ?? NaN) * 1024;
  const [load1, load5, load15] = of('load').split(' ').map(Number) as [number, number, number];
  const uptime = Number(of('uptime').split(' ')[0]);
  const now = Number(of('time'));
  const numbers = { cpus: Number(of('cpus')), memoryBytes: kib('MemTotal'), memoryAvailableBytes: kib('MemAvailable'), swapBytes: kib('SwapTotal'), load1, load5, load15, uptimeSeconds: Math.floor(uptime) };
  const [time, bootedAt] = [isoOfSeconds(now), isoOfSeconds(Math.round(now - uptime))];
  if (!Object.values(numbers).every(Number.isFinite) || time === undefined || bootedAt === undefined) return undefined;
  const osId = release.get('ID');
  const osVersion = release.get('VERSION_ID');
  return {
    hostname: of('hostname'), os: release.get('PRETTY_NAME') ?? 'Linux', ...(osId === undefined ? {} : { osId }), ...(osVersion === undefined ? {} : { osVersion }),
    kernel: of('kernel'), architecture: of('machine'), ...numbers, bootedAt, time,
  };
}

/** The assignments of os-release(5): values may be quoted, with backslashes before `"`, `$`, backtick and backslash. */
export function parseOsRelease(text: string): Map<string, string> {
  return new Map(text.split('\n').flatMap((line): [string, string][] => {
    const [, name, value] = /^([A-Z][A-Z0-9_]*)=(.*)$/.exec(line.trim()) ?? [];
    if (name === undefined || value === undefined) return [];
    const quoted = /^(["'])(.*)\1$/.exec(value);
    return [[name, quoted ? quoted[2]!.replace(/\\(["'$`\\])/g, '$1') : value]];
  }));
}
