import { Controller } from '@nestjs/common';
import { ToolFailure } from '@opsmesh/contracts';
import { Tool, type ToolCall } from '@opsmesh/worker-runtime';
import { IsInt, IsNotEmpty, IsOptional, IsString, Matches, MaxLength, Min } from 'class-validator';
import { SshClient } from '../ssh/ssh-client.js';
import { ask, unreadable, word } from './run-on-target.js';
import { IsSudo, type SudoInput } from './sudo-input.js';
import { NO_PROGRAM, parseUnit, requireSystemd, showUnit, UNIT_NAME, UnitState } from './systemd-unit.js';

export class RestartServiceInput {
  /** Asset id, address or host name. */
  @IsString() @IsNotEmpty() @MaxLength(255) target_host!: string;
  /** Name of a systemd unit, for example `nginx`. */
  @IsString() @Matches(UNIT_NAME) service!: string;
  /** By sudo as root when left out; false when the user who logs in may do it. */
  @IsSudo() sudo?: SudoInput;
}

/** The state after the restart. */
export class RestartServiceOutput extends UnitState {
  /** Main process before the restart; absent when there was none. */
  @IsOptional() @IsInt() @Min(1) previousPid?: number;
}

/** Exit code of our script when there is no such unit, one that systemctl does not use. */
const NO_UNIT = 93;
const BETWEEN = 'opsmesh-restarted';

@Controller()
export class RestartService {
  constructor(private readonly ssh: SshClient) {}

  @Tool({
    name: 'restart-service',
    version: '1.0.0',
    description: 'Restarts a systemd service on a Linux host, over SSH and sudo, starting it when it is stopped, and tells its state afterwards. Fails with not-found when there is no such service, and with capability-missing where there is no systemd.',
    input: RestartServiceInput,
    output: RestartServiceOutput,
    effect: 'write',
    // A second restart interrupts those who use the service once more.
    idempotent: false,
    credential: { kind: 'ssh', target: '/target_host' },
    probe: { tool: 'service-status', inputs: { target_host: '/target_host', service: '/service' }, since: 'since', answer: 'startedSince' },
    timeoutMs: 120_000,
    estimate: { durationMs: 3000 },
    examples: [{ target_host: 'web-01', service: 'nginx' }],
  })
  async run({ input, context }: ToolCall<RestartServiceInput>): Promise<RestartServiceOutput> {
    const unit = word('service', input.service);
    const show = showUnit(unit);
    const script = `before=$(${show}) || exit $?
case "$before" in *LoadState=not-found*) exit ${NO_UNIT} ;; esac
printf "%s\\n" "$before" ${BETWEEN}
systemctl restart --no-ask-password -- ${unit} && ${show}`;
    const answer = await ask(this.ssh, context, { script, sudo: input.sudo ?? true, maxOutputBytes: 65_536, alsoFine: [1, NO_UNIT, NO_PROGRAM] });
    requireSystemd(answer);
    if (answer.exitCode === NO_UNIT) throw new ToolFailure('not-found', `${answer.host} has no service ${input.service}`);
    const [before, after] = answer.stdout.split(`${BETWEEN}\n`).map(parseUnit);
    if (!before) throw unreadable('systemctl', answer);
    if (answer.exitCode !== 0) throw new ToolFailure('nonzero-exit', `${input.service} could not be restarted on ${answer.host}`, { cause: answer.stderr.trim().slice(0, 500), output: { host: answer.host, ...before } });
    if (!after) throw unreadable('systemctl', answer);
    return { host: answer.host, ...after, ...(before.mainPid === undefined ? {} : { previousPid: before.mainPid }) };
  }
}
