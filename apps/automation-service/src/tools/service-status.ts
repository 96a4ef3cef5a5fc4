import { Controller } from '@nestjs/common';
import { ToolFailure } from '@opsmesh/contracts';
import { Tool, type ToolCall } from '@opsmesh/worker-runtime';
import { IsBoolean, IsISO8601, IsNotEmpty, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { SshClient } from '../ssh/ssh-client.js';
import { ask, unreadable, word } from './run-on-target.js';
import { startedSince } from './started-since.js';
import { NO_PROGRAM, parseUnit, requireSystemd, showUnit, UNIT_NAME, UnitState } from './systemd-unit.js';

export class ServiceStatusInput {
  /** Asset id, address or host name. */
  @IsString() @IsNotEmpty() @MaxLength(255) target_host!: string;
  /** Name of a systemd unit, for example `nginx`. */
  @IsString() @Matches(UNIT_NAME) service!: string;
  /** Tell also whether the service was started after this time, ISO 8601. */
  @IsOptional() @IsISO8601() since?: string;
}

class ServiceStatusOutput extends UnitState {
  /** Whether it was started after the time that was asked about; absent when none was, or it can't be told. */
  @IsOptional() @IsBoolean() startedSince?: boolean;
}

@Controller()
export class ServiceStatus {
  constructor(private readonly ssh: SshClient) {}

  @Tool({
    name: 'service-status',
    version: '1.1.0',
    description: 'Tells the state of a systemd service on a Linux host, over SSH: active or not, since when, its process, memory and restarts. Fails with not-found when there is no such service, and with capability-missing where there is no systemd.',
    input: ServiceStatusInput,
    output: ServiceStatusOutput,
    effect: 'read',
    idempotent: true,
    credential: { kind: 'ssh', target: '/target_host' },
    timeoutMs: 30_000,
    retry: { maxAttempts: 3, backoff: { initialMs: 500, factor: 2, maxMs: 5000, jitter: true } },
    estimate: { durationMs: 500 },
    examples: [{ target_host: 'web-01', service: 'nginx' }],
  })
  async run({ input, context }: ToolCall<ServiceStatusInput>): Promise<ServiceStatusOutput> {
    const { since } = input;
    const script = `${since === undefined ? '' : 'date +%s; '}${showUnit(word('service', input.service))}`;
    const answer = await ask(this.ssh, context, { script, maxOutputBytes: 65_536, alsoFine: [1, NO_PROGRAM] });
    requireSystemd(answer);
    const [, clock, shown] = since === undefined ? [undefined, '', answer.stdout] : /^(\d{1,12})\n([^]*)$/.exec(answer.stdout) ?? [];
    const unit = answer.exitCode === 0 && shown !== undefined ? parseUnit(shown) : undefined;
    if (!unit) throw unreadable('systemctl', answer);
    if (unit.loadState === 'not-found') throw new ToolFailure('not-found', `${answer.host} has no service ${input.service}`);
    const started = since === undefined ? undefined : startedSince(unit, { since, now: Date.now(), hostNow: Number(clock) });
    return { host: answer.host, ...unit, ...(started === undefined ? {} : { startedSince: started }) };
  }
}
