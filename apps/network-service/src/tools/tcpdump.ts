import { Controller } from '@nestjs/common';
import { ToolFailure } from '@opsmesh/contracts';
import { AttemptFiles, Tool, type ToolCall, type ToolContext } from '@opsmesh/worker-runtime';
import { checkFilterWords, scopedFilter, type CaptureScope } from '../capture/bpf-filter.js';
import { captureAnswer } from '../capture/capture-answer.js';
import { readPcap } from '../capture/pcap-file.js';
import { type CaptureEnd, type CaptureFileDto, TcpdumpInput, TcpdumpOutput } from '../capture/tcpdump.dto.js';
import { Capabilities } from '../capabilities.js';
import { checkInterface } from '../interfaces/interfaces.js';
import { Admission, type AdmittedCall } from '../policy/admission.js';
import { failureOfAbort, failureWithOutput } from '../process/abort.js';
import { runBinary, runProgram, type ProgramResult } from '../process/run-binary.js';
import { CappedBytes } from '../process/sinks.js';
import { failureOfEnd, stopUnconfirmed } from '../process/stopped.js';
import { allForms } from '../targets/cidr.js';

const PCAP_TYPE = 'application/vnd.tcpdump.pcap';

const DEFAULT_SECONDS = 10;
const DEFAULT_BYTES = 4 * 1024 * 1024;
const DEFAULT_PACKETS = 100_000;
/** Time that tcpdump may take to begin, in milliseconds; until then no time of the capture is counted. */
const BEGIN_MS = 10_000;
/** Time to keep a capture that was stopped, in milliseconds; after this it is lost, as the attempt must end. */
const KEEP_STOPPED_MS = 3500;

/** One capture, with every limit it has. */
interface Plan {
  readonly path: string;
  readonly interface: string;
  readonly filter: string;
  readonly seconds: number;
  readonly maxBytes: number;
  readonly maxPackets: number;
  readonly snapLength: number | undefined;
}

/** It writes to us, packet by packet, and no file of its own. */
function tcpdumpArguments(plan: Plan): string[] {
  return ['-i', plan.interface, '-n', '-U', '--immediate-mode', '-c', String(plan.maxPackets), ...(plan.snapLength === undefined ? [] : ['-s', String(plan.snapLength)]), '-w', '-', '--', plan.filter];
}

@Controller()
export class TcpdumpTool {
  constructor(
    private readonly capabilities: Capabilities,
    private readonly admission: Admission,
    private readonly files: AttemptFiles,
  ) {}

  @Tool({
    name: 'tcpdump',
    version: '1.0.0',
    description: 'Captures packets on an interface of the network service for a limited time and size. The capture is kept as a file of the run; the tshark tools read it by its id.',
    input: TcpdumpInput,
    output: TcpdumpOutput,
    effect: 'read',
    idempotent: true,
    target: '/hosts',
    timeoutMs: 360_000,
    estimate: { durationMs: 10_000 },
    examples: [{ interface: 'eth0', duration: 30, filter: 'tcp port 443' }, { hosts: 'web-1', maxPackets: 1000 }],
  })
  async run({ input, context }: ToolCall<TcpdumpInput>): Promise<TcpdumpOutput> {
    const path = this.capabilities.pathOf('tcpdump');
    const call = this.admission.enter(context);
    const plan = await this.plan(path, input, { call, signal: context.signal });
    if (!this.capabilities.may('capture')) throw mayNotCapture('it was refused when it was tried at the start');
    return call.capturing(BEGIN_MS + plan.seconds * 1000, () => this.capture(plan, context));
  }

  /** Checks everything before anything is captured. */
  private async plan(path: string, input: TcpdumpInput, { call, signal }: { call: AdmittedCall; signal: AbortSignal }): Promise<Plan> {
    const { maxBytes: mostBytes, maxSeconds } = call.rules.captures;
    const seconds = input.duration ?? Math.min(DEFAULT_SECONDS, maxSeconds);
    const maxBytes = input.maxBytes ?? Math.min(DEFAULT_BYTES, mostBytes);
    if (seconds > maxSeconds) throw new ToolFailure('limit-exceeded', `${seconds} s are more than the ${maxSeconds} s a capture may take`, { cause: 'captureSeconds' });
    if (maxBytes > mostBytes) throw new ToolFailure('limit-exceeded', `${maxBytes} bytes are more than the ${mostBytes} bytes a capture may have`, { cause: 'captureBytes' });
    const named = input.interface ?? 'any';
    if (named !== 'any') await checkInterface(named);
    if (input.filter !== undefined) {
      checkFilterWords(input.filter);
      await compile(path, input.filter, signal);
    }
    const filter = scopedFilter(input.filter, await scopeOf(call, input.hosts));
    await compile(path, filter, signal);
    return { path, interface: named, filter, seconds, maxBytes, maxPackets: input.maxPackets ?? DEFAULT_PACKETS, snapLength: input.snapLength };
  }

  private async capture(plan: Plan, context: ToolContext): Promise<TcpdumpOutput> {
    const bytes = new CappedBytes(plan.maxBytes);
    const over = new AbortController();
    let listening: { readonly at: number; readonly on: Date } | undefined;
    let timer = setTimeout(() => over.abort(), BEGIN_MS);
    let result: ProgramResult;
    try {
      result = await runProgram({
        path: plan.path, argv: tcpdumpArguments(plan), signal: AbortSignal.any([context.signal, over.signal]),
        onStderr: (piece) => {
          if (listening || !piece.includes('listening on')) return;
          listening = { at: performance.now(), on: new Date() };
          clearTimeout(timer);
          timer = setTimeout(() => over.abort(), plan.seconds * 1000);
          context.progress({ message: `listening on ${plan.interface}` });
        },
      }, bytes);
    } finally {
      clearTimeout(timer);
    }
    const endedBy = endOf(result, context.signal);
    const file = readPcap(bytes.bytes());
    if (!listening || !file) throw context.signal.aborted ? failureOfAbort(context.signal) : neverListened(plan, result.stderr);
    const answer = captureAnswer({ ...plan, startedAt: listening.on, durationMs: performance.now() - listening.at, endedBy: endedBy ?? 'stopped', file, stderr: result.stderr }, plan);
    const kept = bytes.bytes().subarray(0, file.wholeBytes);
    if (endedBy !== undefined && endedBy !== 'stopped') return { ...answer, capture: await this.keep(kept, context, context.signal) };
    const capture = await this.keep(kept, context, AbortSignal.timeout(KEEP_STOPPED_MS)).catch(() => undefined);
    throw failureWithOutput(failureOfStop(result, context.signal), { ...answer, ...(capture ? { capture } : {}) });
  }

  private async keep(bytes: Buffer, { attempt }: ToolContext, signal: AbortSignal): Promise<CaptureFileDto> {
    const ref = await this.files.keep(attempt.id, { bytes, mediaType: PCAP_TYPE }, signal);
    return { id: ref.sha256, bytes: ref.bytes, mediaType: PCAP_TYPE, href: `/runs/${attempt.runId}/blobs/${ref.sha256}` };
  }
}

/** Why tcpdump ended; undefined when it was neither a limit nor we. */
function endOf({ end }: ProgramResult, signal: AbortSignal): CaptureEnd | undefined {
  if (end.kind === 'exited') return end.code === 0 ? 'packets' : undefined;
  if (end.kind === 'signalled') return undefined;
  if (!end.confirmed || signal.aborted) return 'stopped';
  return end.why === 'output-limit' ? 'bytes' : 'time';
}

function failureOfStop(result: ProgramResult, signal: AbortSignal): ToolFailure {
  const { end } = result;
  if (end.kind === 'stopped' && !end.confirmed) return stopUnconfirmed('tcpdump', result);
  return failureOfEnd('tcpdump', result, signal) ?? new ToolFailure('tool-failed', 'tcpdump ended before its time', { cause: lastLine(result.stderr) });
}

/** Whose traffic the tenant may see: the hosts that were named, else all it may reach; protected hosts never. */
async function scopeOf(call: AdmittedCall, hosts: readonly string[] | undefined): Promise<CaptureScope> {
  const { allowed, protectedHosts } = call.rules.targets;
  const within = hosts === undefined ? allowed : (await call.check(hosts)).map((target) => target.cidr);
  if (within.length === 0) throw new ToolFailure('target-refused', 'this tenant may reach no network, so there is nothing to capture', { cause: 'allowed' });
  const reachesIpv6 = within.some((cidr) => cidr.network.kind() === 'ipv6');
  return { within, without: reachesIpv6 ? protectedHosts.flatMap(allForms) : protectedHosts };
}

/**
 * Has tcpdump compile a filter, without opening an interface and without rights.
 * @throws ToolFailure `input-invalid`
 */
async function compile(path: string, filter: string, signal: AbortSignal): Promise<void> {
  const result = await runBinary({ path, argv: ['-y', 'EN10MB', '-d', '--', filter], signal, asNobody: true });
  const stopped = failureOfEnd('tcpdump', result, signal);
  if (stopped) throw stopped;
  if (result.end.kind === 'exited' && result.end.code !== 0) throw new ToolFailure('input-invalid', `tcpdump does not take the filter: ${lastLine(result.stderr)}`);
}

function neverListened({ interface: name }: Plan, stderr: string): ToolFailure {
  const cause = stderr.trim().slice(0, 500);
  if (/permission|not permitted|CAP_NET_RAW/i.test(cause)) return mayNotCapture(cause);
  if (/filter expression|not supported/i.test(cause)) return new ToolFailure('input-invalid', `the filter does not fit the interface ${name}`, { cause });
  return new ToolFailure('tool-failed', `tcpdump did not begin to listen on ${name}`, { cause });
}

function mayNotCapture(cause: string): ToolFailure {
  return new ToolFailure('capability-missing', 'tcpdump may not capture where this worker runs: give it CAP_NET_RAW', { cause });
}

function lastLine(stderr: string): string {
  return (stderr.trim().split('\n').at(-1) ?? '').slice(0, 300);
}
