import { Controller } from '@nestjs/common';
import { ToolFailure } from '@opsmesh/contracts';
import { Tool, type ToolCall } from '@opsmesh/worker-runtime';
import { Capabilities } from '../capabilities.js';
import { Admission } from '../policy/admission.js';
import { failureWithOutput } from '../process/abort.js';
import { failureOfRoute } from '../process/no-route.js';
import { runBinary } from '../process/run-binary.js';
import { failureOfEnd } from '../process/stopped.js';
import { type TracerouteHopDto, TracerouteInput, type TracerouteMethod, TracerouteOutput } from '../traceroute/traceroute.dto.js';
import { readTraceroute } from '../traceroute/traceroute-output.js';

/** Probes a second; more gains nothing, as routers answer a few a second only. */
const MOST_A_SECOND = 50;

const METHOD_OPTIONS: Readonly<Record<TracerouteMethod, (input: TracerouteInput) => string[]>> = {
  udp: () => [],
  icmp: () => ['-I'],
  tcp: (input) => ['-T', '-p', String(input.port ?? 80)],
};

/** Arguments of traceroute 2: numeric, one probe each `-z` milliseconds (which up to 10 would be seconds; ours are 20 and more). */
function tracerouteArguments(address: string, input: TracerouteInput, plan: { readonly method: TracerouteMethod; readonly packetsPerSecond: number }): string[] {
  return [
    '-n', ...METHOD_OPTIONS[plan.method](input), '-q', String(input.queries ?? 3), '-m', String(input.maxHops ?? 30), '-w', String(input.timeout ?? 2),
    '-z', String(Math.ceil(1000 / plan.packetsPerSecond)), '--', address,
  ];
}

@Controller()
export class TracerouteTool {
  constructor(
    private readonly capabilities: Capabilities,
    private readonly admission: Admission,
  ) {}

  @Tool({
    name: 'traceroute',
    version: '1.1.0',
    description: 'Traces the path to one host, hop by hop, with round-trip times.',
    input: TracerouteInput,
    output: TracerouteOutput,
    effect: 'read',
    idempotent: true,
    target: '/target_host',
    listOutput: 'hops',
    timeoutMs: 180_000,
    estimate: { durationMs: 10_000 },
    examples: [{ target_host: '10.0.0.5' }, { target_host: 'web-1', method: 'tcp', port: 443 }],
  })
  async run({ input, context }: ToolCall<TracerouteInput>): Promise<TracerouteOutput> {
    const path = this.capabilities.pathOf('traceroute');
    const call = this.admission.enter(context);
    const requested = input.method ?? 'udp';
    if (input.port !== undefined && requested !== 'tcp') throw new ToolFailure('input-invalid', 'port is for method tcp only');
    const { address } = await call.checkHost(input.target_host);
    const method = requested === 'udp' || this.capabilities.may(`traceroute-${requested}`) ? requested : 'udp';
    const answer = (hops: TracerouteHopDto[], partial: boolean): TracerouteOutput => ({
      host: input.host_name ?? input.target_host, address, hops, reached: hops.some((hop) => hop.probes.some((probe) => probe.address === address && probe.mark === undefined)), method, requested,
      degraded: method !== requested,
      degradations: method === requested ? [] : [{ asked: `method ${requested}`, done: `method ${method}`, reason: 'traceroute may not open raw sockets here (CAP_NET_RAW)' }],
      partial,
    });
    const result = await call.sending({ least: 1, most: MOST_A_SECOND }, (packetsPerSecond) =>
      runBinary({ path, argv: tracerouteArguments(address, input, { method, packetsPerSecond }), signal: context.signal }));
    const hops = readTraceroute(result.stdout);
    const stopped = failureOfEnd('traceroute', result, context.signal);
    if (stopped) throw failureWithOutput(stopped, answer(hops ?? [], true));
    if (result.end.kind !== 'exited' || result.end.code !== 0 || !hops) throw failureOfRoute(address, result.stderr) ?? new ToolFailure('tool-failed', 'traceroute did not trace', { cause: result.stderr.trim().slice(0, 500) });
    return answer(hops, false);
  }
}
