import { setTimeout as pause } from 'node:timers/promises';
import { Controller } from '@nestjs/common';
import { ToolFailure } from '@opsmesh/contracts';
import { Tool, type ToolCall } from '@opsmesh/worker-runtime';
import { Admission } from '../policy/admission.js';
import { checkPort } from '../port-check/connect.js';
import { PortCheckInput, PortCheckOutput, type PortCheckRowDto } from '../port-check/port-check.dto.js';
import { failureOfAbort, failureWithOutput } from '../process/abort.js';

/** Connections that are begun a second. */
const MOST_A_SECOND = 50;

@Controller()
export class PortCheckTool {
  constructor(private readonly admission: Admission) {}

  @Tool({
    name: 'port-check',
    version: '1.1.0',
    description: 'Tells whether TCP ports of one host accept connections, and how long that takes. It connects and closes at once; nothing is sent and no banner read.',
    input: PortCheckInput,
    output: PortCheckOutput,
    effect: 'read',
    idempotent: true,
    target: '/target_host',
    listOutput: 'ports',
    timeoutMs: 60_000,
    estimate: { durationMs: 500 },
    examples: [{ target_host: '10.0.0.5', ports: 443 }, { target_host: 'web-1', ports: [22, 80, 443], timeout: 1 }],
  })
  async run({ input, context }: ToolCall<PortCheckInput>): Promise<PortCheckOutput> {
    const call = this.admission.enter(context);
    const { address } = await call.checkHost(input.target_host);
    const ports = [...new Set(input.ports)];
    const rows = await call.sending({ least: 1, most: MOST_A_SECOND }, (perSecond) => checkAll({ address, ports, perSecond, timeoutMs: (input.timeout ?? 3) * 1000, signal: context.signal }));
    const output: PortCheckOutput = {
      host: input.host_name ?? input.target_host, address, ports: rows, openPorts: rows.filter((row) => row.state === 'open').length, partial: rows.some((row) => row.state === 'not-checked'),
    };
    if (context.signal.aborted) throw failureWithOutput(failureOfAbort(context.signal), output);
    return output;
  }
}

interface Check {
  readonly address: string;
  readonly ports: readonly number[];
  /** Connections that may be begun a second. */
  readonly perSecond: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

async function checkAll({ address, ports, perSecond, timeoutMs, signal }: Check): Promise<PortCheckRowDto[]> {
  const running: Promise<PortCheckRowDto>[] = [];
  for (const [i, port] of ports.entries()) {
    if (i > 0) await pause(1000 / perSecond, undefined, { signal }).catch(() => undefined);
    running.push(checkPort({ address, port }, timeoutMs, signal).then((row) => row ?? { port, state: 'not-checked', connectMs: null }));
    running[i]!.catch(() => undefined);
  }
  try {
    return await Promise.all(running);
  } catch (e) {
    const { code, message } = e as NodeJS.ErrnoException;
    throw new ToolFailure('service-unavailable', `this worker could not connect to ${address}`, { cause: code ?? message });
  }
}
