import { Controller, Inject } from '@nestjs/common';
import { ToolFailure } from '@opsmesh/contracts';
import { Tool, type ToolCall, type ToolContext } from '@opsmesh/worker-runtime';
import { Capabilities } from '../capabilities.js';
import type { NetworkConfig } from '../config.js';
import { nmapAnswer } from '../nmap/nmap-answer.js';
import { nmapArguments } from '../nmap/nmap-arguments.js';
import { NmapInput, NmapOutput } from '../nmap/nmap.dto.js';
import { type NmapReport, readNmapXml } from '../nmap/nmap-xml.js';
import { failureWithOutput } from '../process/abort.js';
import { type BinaryResult, runBinary } from '../process/run-binary.js';
import { failureOfEnd } from '../process/stopped.js';
import { TargetChecker } from '../targets/target-checker.js';
import { NETWORK_CONFIG } from '../tokens.js';

const FAMILIES = ['ipv4', 'ipv6'] as const;

@Controller()
export class NmapTool {
  constructor(
    private readonly capabilities: Capabilities,
    private readonly targets: TargetChecker,
    @Inject(NETWORK_CONFIG) private readonly config: Pick<NetworkConfig, 'maxRate'>,
  ) {}

  @Tool({
    name: 'nmap',
    version: '1.0.0',
    description: 'Scans hosts or networks for open TCP ports, and on request for the products and versions behind them. One row for each host.',
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
    const question = { targets: await this.targets.check(input.targets, context.signal), requested: input.scan ?? 'connect' };
    const reports: NmapReport[] = [];
    for (const family of FAMILIES) {
      const checked = question.targets.filter((target) => target.cidr.network.kind() === family);
      if (checked.length === 0) continue;
      const argv = nmapArguments(input, {
        family,
        targets: checked.map((target) => target.cidr),
        excluded: checked.flatMap((target) => target.excluded),
        rawSockets: this.capabilities.rawSockets,
        maxRate: this.config.maxRate,
      });
      const result = await runBinary({ path, argv, signal: context.signal, env: this.environment(), onStdout: (piece) => tellProgress(piece, context) });
      const stopped = failureOfEnd('nmap', result, context.signal);
      // A stopped scan keeps what it found: the failure carries it, marked as partial.
      if (stopped) throw failureWithOutput(stopped, nmapAnswer(question, [...reports, ...stump(result)], false));
      reports.push(reportOf(result));
    }
    return nmapAnswer(question, reports, true);
  }

  private environment(): Record<string, string> {
    return this.capabilities.rawSockets ? { NMAP_PRIVILEGED: '1' } : { NMAP_UNPRIVILEGED: '1' };
  }
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
  const last = [...piece.matchAll(/<taskprogress task="([^"]*)"[^>]* percent="(\d+)(?:\.\d+)?"/g)].at(-1);
  if (last) context.progress({ message: `${last[1]} ${last[2]} %` });
}
