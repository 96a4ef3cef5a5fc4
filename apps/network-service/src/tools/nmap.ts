import { Controller } from '@nestjs/common';
import { ToolFailure } from '@opsmesh/contracts';
import { Tool, type ToolCall, type ToolContext } from '@opsmesh/worker-runtime';
import { Capabilities } from '../capabilities.js';
import { nmapAnswer, type NmapQuestion } from '../nmap/nmap-answer.js';
import { nmapArguments } from '../nmap/nmap-arguments.js';
import { NmapInput, NmapOutput } from '../nmap/nmap.dto.js';
import { type NmapReport, readNmapXml } from '../nmap/nmap-xml.js';
import { withoutScripts } from '../nmap/no-scripts.js';
import { Admission, type AdmittedCall } from '../policy/admission.js';
import type { PacketWish } from '../policy/packet-budget.js';
import { failureWithOutput } from '../process/abort.js';
import { type BinaryResult, runBinary } from '../process/run-binary.js';
import { failureOfEnd } from '../process/stopped.js';
import { isSingle } from '../targets/cidr.js';

const FAMILIES = ['ipv4', 'ipv6'] as const;

@Controller()
export class NmapTool {
  constructor(
    private readonly capabilities: Capabilities,
    private readonly admission: Admission,
  ) {}

  @Tool({
    name: 'nmap',
    version: '1.1.0',
    description: 'Scans hosts or networks for open TCP ports, and on request for the products and versions behind them and the operating system. One row for each host.',
    input: NmapInput,
    output: NmapOutput,
    effect: 'read',
    idempotent: true,
    target: '/targets',
    listOutput: 'hosts',
    timeoutMs: 600_000,
    estimate: { durationMs: 15_000 },
    examples: [{ targets: '10.0.0.0/24', ports: '22,80,443' }, { targets: ['web-1', 'web-2'], scan: 'syn', serviceDetection: true }],
  })
  async run({ input, context }: ToolCall<NmapInput>): Promise<NmapOutput> {
    const path = this.capabilities.pathOf('nmap');
    const call = this.admission.enter(context);
    const targets = await call.check(input.targets);
    if (input.host_name !== undefined && !(targets.length === 1 && isSingle(targets[0]!.cidr))) throw new ToolFailure('input-invalid', 'host_name is for one target that is no network');
    const question: NmapQuestion = { targets, hostName: input.host_name, requested: input.scan ?? 'connect', osDetection: input.osDetection ?? false, discovery: input.discovery ?? 'probe', rawSockets: this.capabilities.may('nmap-raw-sockets') };
    return call.sending(wishOf(call), (maxRate) => withoutScripts((dataDir) => this.scan({ path, input, context, question, maxRate, dataDir })));
  }

  private async scan({ path, input, context, question, maxRate, dataDir }: Scan): Promise<NmapOutput> {
    const { rawSockets } = question;
    const reports: NmapReport[] = [];
    for (const family of FAMILIES) {
      const checked = question.targets.filter((target) => target.cidr.network.kind() === family);
      if (checked.length === 0) continue;
      const argv = nmapArguments(input, { family, targets: checked.map((target) => target.cidr), excluded: checked.flatMap((target) => target.excluded), rawSockets, maxRate, dataDir });
      const env: Record<string, string> = rawSockets ? { NMAP_PRIVILEGED: '1' } : { NMAP_UNPRIVILEGED: '1' };
      const result = await runBinary({ path, argv, signal: context.signal, env, onStdout: (piece) => tellProgress(piece, context) });
      const stopped = failureOfEnd('nmap', result, context.signal);
      // A stopped scan keeps what it found: the failure carries it, marked as partial.
      if (stopped) throw failureWithOutput(stopped, nmapAnswer(question, [...reports, ...stump(result)], false));
      reports.push(reportOf(result));
    }
    return nmapAnswer(question, reports, true);
  }
}

interface Scan {
  readonly path: string;
  readonly input: NmapInput;
  readonly context: ToolContext;
  readonly question: NmapQuestion;
  readonly maxRate: number;
  readonly dataDir: string;
}

/** A scan waits for an eighth of what its tenant may send, so that eight can run at once. */
function wishOf({ rules }: AdmittedCall): PacketWish {
  return { least: Math.max(1, Math.floor(rules.packetsPerSecond / 8)), most: rules.packetsPerSecond };
}

function reportOf(result: BinaryResult): NmapReport {
  const said = result.stderr.trim().slice(0, 1000);
  if (!result.stdout.includes('<nmaprun')) throw new ToolFailure('tool-failed', 'nmap did not scan', { cause: said });
  const report = readNmapXml(result.stdout);
  if (report.finished?.exit === 'error') throw new ToolFailure('tool-failed', `nmap stopped with an error: ${report.finished.message}`, { cause: said });
  return report;
}

/** What a stopped nmap had written, nothing when that cannot be read. */
function stump(result: BinaryResult): NmapReport[] {
  try {
    return [readNmapXml(result.stdout)];
  } catch {
    return [];
  }
}

function tellProgress(piece: string, context: ToolContext): void {
  const last = [...piece.matchAll(/<taskprogress task="([^"<]*)"[^<>]* percent="(\d+)(?:\.\d+)?"/g)].at(-1);
  if (last) context.progress({ message: `${last[1]} ${last[2]} %` });
}
