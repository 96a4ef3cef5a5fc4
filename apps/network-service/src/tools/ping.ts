import { Controller } from '@nestjs/common';
import { ToolFailure } from '@opsmesh/contracts';
import { Tool, type ToolCall } from '@opsmesh/worker-runtime';
import { Capabilities } from '../capabilities.js';
import { PingInput, PingOutput } from '../ping/ping.dto.js';
import { readPingSummary } from '../ping/ping-output.js';
import { Admission } from '../policy/admission.js';
import { failureOfRoute } from '../process/no-route.js';
import { runBinary } from '../process/run-binary.js';
import { failureOfEnd } from '../process/stopped.js';

/** Requests a second; the fastest that ping allows everybody. */
const MOST_A_SECOND = 5;

/** Arguments of iputils' ping: numeric, summary only. */
export function pingArguments(address: string, input: PingInput, packetsPerSecond: number): string[] {
  return ['-n', '-q', '-i', (1 / packetsPerSecond).toFixed(3), '-c', String(input.count ?? 3), '-W', String(input.timeout ?? 2), '--', address];
}

@Controller()
export class PingTool {
  constructor(
    private readonly capabilities: Capabilities,
    private readonly admission: Admission,
  ) {}

  @Tool({
    name: 'ping',
    version: '1.1.0',
    description: 'Sends ICMP echo requests to one host and tells whether it answers, with packet loss and round-trip times.',
    input: PingInput,
    output: PingOutput,
    effect: 'read',
    idempotent: true,
    target: '/target_host',
    timeoutMs: 60_000,
    estimate: { durationMs: 1000 },
    examples: [{ target_host: '10.0.0.5' }, { target_host: 'web-1', count: 5, timeout: 1 }],
  })
  async run({ input, context }: ToolCall<PingInput>): Promise<PingOutput> {
    const path = this.capabilities.pathOf('ping');
    const call = this.admission.enter(context);
    const { address } = await call.checkHost(input.target_host);
    const result = await call.sending({ least: 1, most: MOST_A_SECOND }, (rate) => runBinary({ path, argv: pingArguments(address, input, rate), signal: context.signal }));
    const stopped = failureOfEnd('ping', result, context.signal);
    if (stopped) throw stopped;
    const figures = readPingSummary(result.stdout);
    if (!figures || figures.sent === 0) throw failureOfRoute(address, result.stderr) ?? failureToSend(result.stderr);
    return { host: input.host_name ?? input.target_host, address, ...figures, reachable: figures.received > 0 };
  }
}

function failureToSend(stderr: string): ToolFailure {
  const cause = stderr.trim().slice(0, 500);
  if (/operation not permitted|permission denied|lacking privilege/i.test(cause)) {
    return new ToolFailure('capability-missing', 'ping may not send here: give it CAP_NET_RAW, or put the worker\'s group into net.ipv4.ping_group_range', { cause });
  }
  return new ToolFailure('tool-failed', 'ping did not say how many packets it sent', { cause });
}
