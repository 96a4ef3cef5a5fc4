import { Controller } from '@nestjs/common';
import { ToolFailure } from '@opsmesh/contracts';
import { Tool, type ToolCall } from '@opsmesh/worker-runtime';
import { IsNotEmpty, IsString, Matches, MaxLength } from 'class-validator';
import { SshClient } from '../ssh/ssh-client.js';
import { ask, unreadable, word } from './run-on-target.js';
import { NO_PROGRAM, parseUnit, requireSystemd, showUnit, UNIT_NAME, UnitState } from './systemd-unit.js';

export class ServiceStatusInput {
  /** Asset id, address or host name. */
  @IsString() @IsNotEmpty() @MaxLength(255) target_host!: string;
  /** Name of a systemd unit, for example `nginx`. */
  @IsString() @Matches(UNIT_NAME) service!: string;
}

@Controller()
export class ServiceStatus {
  constructor(private readonly ssh: SshClient) {}

  @Tool({
    name: 'service-status',
    version: '1.0.0',
    description: 'Tells the state of a systemd service on a Linux host, over SSH: active or not, since when, its process, memory and restarts. Fails with not-found when there is no such service, and with capability-missing where there is no systemd.',
    input: ServiceStatusInput,
    output: UnitState,
    effect: 'read',
    idempotent: true,
    credential: { kind: 'ssh', target: '/target_host' },
    timeoutMs: 30_000,
    retry: { maxAttempts: 3, backoff: { initialMs: 500, factor: 2, maxMs: 5000, jitter: true } },
    estimate: { durationMs: 500 },
    examples: [{ target_host: 'web-01', service: 'nginx' }],
  })
  async run({ input, context }: ToolCall<ServiceStatusInput>): Promise<UnitState> {
    const answer = await ask(this.ssh, context, { script: showUnit(word('service', input.service)), maxOutputBytes: 65_536, alsoFine: [1, NO_PROGRAM] });
    requireSystemd(answer);
    const unit = answer.exitCode === 0 ? parseUnit(answer.stdout) : undefined;
    if (!unit) throw unreadable('systemctl', answer);
    if (unit.loadState === 'not-found') throw new ToolFailure('not-found', `${answer.host} has no service ${input.service}`);
    return { host: answer.host, ...unit };
  }
}
