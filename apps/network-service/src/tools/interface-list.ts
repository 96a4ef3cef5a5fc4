import { Controller } from '@nestjs/common';
import { Tool, type ToolCall } from '@opsmesh/worker-runtime';
import { InterfaceListInput, InterfaceListOutput } from '../interfaces/interface-list.dto.js';
import { readInterfaces } from '../interfaces/interfaces.js';
import { Admission } from '../policy/admission.js';

@Controller()
export class InterfaceListTool {
  constructor(private readonly admission: Admission) {}

  @Tool({
    name: 'interface-list',
    version: '1.0.0',
    description: 'Lists the network interfaces of the machine the network service runs on, with state and addresses. Captures are made on one of them.',
    input: InterfaceListInput,
    output: InterfaceListOutput,
    effect: 'read',
    idempotent: true,
    listOutput: 'interfaces',
    timeoutMs: 10_000,
    estimate: { durationMs: 10 },
    examples: [{}, { onlyUp: true }],
  })
  async run({ input, context }: ToolCall<InterfaceListInput>): Promise<InterfaceListOutput> {
    const call = this.admission.enter(context);
    const all = (await readInterfaces()).filter(({ state }) => !input.onlyUp || state === 'up');
    const interfaces = all.map((one) => ({ ...one, addresses: one.addresses.filter((address) => call.mayKnow(address.split('/')[0]!)) }));
    const count = (list: readonly { readonly addresses: readonly string[] }[]): number => list.reduce((sum, { addresses }) => sum + addresses.length, 0);
    return { interfaces, hiddenAddresses: count(all) - count(interfaces) };
  }
}
