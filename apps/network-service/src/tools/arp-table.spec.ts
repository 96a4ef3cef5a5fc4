import { validate } from '@opsmesh/contracts';
import { Capabilities } from '../capabilities.js';
import { ArpTableInput } from '../neighbours/arp-table.dto.js';
import { admissionWith } from '../testing/admission.js';
import { toolCall } from '../testing/tool-call.js';
import { ArpTableTool } from './arp-table.js';

it.each([['with ip', { ip: '/nonexistent/ip' }], ['without ip', {}]])('an interface that the machine does not have is unknown, not one without neighbours, %s', async (_how, programs) => {
  const tool = new ArpTableTool(new Capabilities(programs, new Set()), admissionWith());
  await expect(tool.run(toolCall(validate(ArpTableInput, { interface: 'nosuch0' })))).rejects.toMatchObject({
    failure: { code: 'target-unknown', message: 'the machine of the network service has no interface nosuch0' },
  });
});
