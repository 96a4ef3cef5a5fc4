import { readFile } from 'node:fs/promises';
import { Controller } from '@nestjs/common';
import { ToolFailure } from '@opsmesh/contracts';
import { Tool, type ToolCall } from '@opsmesh/worker-runtime';
import { Capabilities } from '../capabilities.js';
import { checkInterface } from '../interfaces/interfaces.js';
import { ArpTableInput, ArpTableOutput, type NeighbourDto } from '../neighbours/arp-table.dto.js';
import { readIpNeigh, readProcArp } from '../neighbours/read-neighbours.js';
import { Admission } from '../policy/admission.js';
import { runBinary } from '../process/run-binary.js';
import { failureOfEnd } from '../process/stopped.js';

@Controller()
export class ArpTableTool {
  constructor(
    private readonly capabilities: Capabilities,
    private readonly admission: Admission,
  ) {}

  @Tool({
    name: 'arp-table',
    version: '1.0.0',
    description: 'Lists the neighbours that the machine of the network service knows: IP addresses with the MAC addresses behind them (ARP and IPv6 neighbour discovery).',
    input: ArpTableInput,
    output: ArpTableOutput,
    effect: 'read',
    idempotent: true,
    listOutput: 'neighbours',
    timeoutMs: 10_000,
    estimate: { durationMs: 50 },
    examples: [{}, { interface: 'eth0' }],
  })
  async run({ input, context }: ToolCall<ArpTableInput>): Promise<ArpTableOutput> {
    const call = this.admission.enter(context);
    if (input.interface !== undefined) await checkInterface(input.interface);
    const withIp = this.capabilities.has('ip');
    const all = (withIp ? await this.askIp(context.signal) : readProcArp(await procArp())).filter((row) => input.interface === undefined || row.interface === input.interface);
    const neighbours = all.filter(({ address }) => call.mayKnow(address));
    return {
      neighbours, hidden: all.length - neighbours.length, degraded: !withIp,
      degradations: withIp ? [] : [{ asked: 'neighbours of both address families', done: 'IPv4 only', reason: 'ip is not installed here (Debian: iproute2)' }],
    };
  }

  private async askIp(signal: AbortSignal): Promise<NeighbourDto[]> {
    const result = await runBinary({ path: this.capabilities.pathOf('ip'), argv: ['-json', 'neigh', 'show'], signal, asNobody: true });
    const stopped = failureOfEnd('ip', result, signal);
    if (stopped) throw stopped;
    if (result.end.kind === 'exited' && result.end.code !== 0) throw new ToolFailure('tool-failed', 'ip did not list neighbours', { cause: result.stderr.trim().slice(0, 500) });
    return readIpNeigh(result.stdout);
  }
}

async function procArp(): Promise<string> {
  try {
    return await readFile('/proc/net/arp', 'utf8');
  } catch (e) {
    throw new ToolFailure('capability-missing', 'this machine has neither ip nor /proc/net/arp', { cause: (e as NodeJS.ErrnoException).code ?? String(e) });
  }
}
