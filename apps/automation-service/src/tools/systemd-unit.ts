import { ToolFailure } from '@opsmesh/contracts';
import { IsBoolean, IsISO8601, IsInt, IsOptional, IsString, Min } from 'class-validator';
import { isoOfSystemd } from './linux-time.js';
import type { Answer } from './run-on-target.js';

/** A unit's name, with or without its type: no option, no path, no pattern. */
export const UNIT_NAME = /^[A-Za-z0-9:_@][A-Za-z0-9:_.@\\-]{0,254}$/;

/** How systemd sees a unit. Words as systemctl(1) gives them. */
export class UnitState {
  @IsString() host!: string;
  /** Full name, for example `nginx.service`. */
  @IsString() service!: string;
  @IsString() description!: string;
  /** `loaded`, `masked`, `error`, ... */
  @IsString() loadState!: string;
  /** `active`, `inactive`, `failed`, `activating`, ... */
  @IsString() activeState!: string;
  /** For example `running`, `exited`, `dead`. */
  @IsString() subState!: string;
  /** `enabled`, `disabled`, `static`, ...; absent when the unit has no file. */
  @IsOptional() @IsString() enabledState?: string;
  /** Whether `activeState` is `active`. */
  @IsBoolean() active!: boolean;
  /** Absent when there is no such process. */
  @IsOptional() @IsInt() @Min(1) mainPid?: number;
  /** Absent where it is not accounted. */
  @IsOptional() @IsInt() @Min(0) memoryBytes?: number;
  /** Restarts by systemd itself since the unit was started. */
  @IsOptional() @IsInt() @Min(0) restarts?: number;
  /** Since when it is active, ISO 8601 UTC; absent when it was never. */
  @IsOptional() @IsISO8601() activeSince?: string;
}

const PROPERTIES = ['Id', 'Description', 'LoadState', 'ActiveState', 'SubState', 'UnitFileState', 'MainPID', 'MemoryCurrent', 'NRestarts', 'ActiveEnterTimestamp'];

/** The command that prints a unit's properties; `unit` is a word of the shell. */
export function showUnit(unit: string): string {
  return `systemctl show --no-pager --property=${PROPERTIES.join(',')} -- ${unit}`;
}

/** What `systemctl show` printed, or undefined when it is something else. */
export function parseUnit(text: string): Omit<UnitState, 'host'> | undefined {
  const given = new Map<string, string>();
  for (const line of text.trimEnd().split('\n')) {
    const at = line.indexOf('=');
    if (at < 1 || !PROPERTIES.includes(line.slice(0, at)) || given.has(line.slice(0, at))) return undefined;
    given.set(line.slice(0, at), line.slice(at + 1));
  }
  const [service, loadState, activeState, subState] = ['Id', 'LoadState', 'ActiveState', 'SubState'].map((p) => given.get(p));
  if (!service || !loadState || !activeState || !subState) return undefined;
  const number = (property: string) => (/^\d{1,15}$/.test(given.get(property) ?? '') ? Number(given.get(property)) : undefined);
  const enabledState = given.get('UnitFileState');
  const mainPid = number('MainPID');
  const memoryBytes = number('MemoryCurrent');
  const restarts = number('NRestarts');
  const activeSince = isoOfSystemd(given.get('ActiveEnterTimestamp') ?? '');
  return {
    service, description: given.get('Description') ?? '', loadState, activeState, subState, active: activeState === 'active',
    ...(enabledState ? { enabledState } : {}), ...(mainPid ? { mainPid } : {}), ...(memoryBytes === undefined ? {} : { memoryBytes }),
    ...(restarts === undefined ? {} : { restarts }), ...(activeSince === undefined ? {} : { activeSince }),
  };
}

/** Exit code of a shell that does not find a program (POSIX.1-2017, 2.8.2). */
export const NO_PROGRAM = 127;

/** @throws ToolFailure `capability-missing` when the host is not run by systemd */
export function requireSystemd({ host, exitCode, stderr }: Answer): void {
  if (exitCode === NO_PROGRAM || /not been booted with systemd|Failed to connect to bus/.test(stderr)) throw new ToolFailure('capability-missing', `${host} is not run by systemd`);
}
