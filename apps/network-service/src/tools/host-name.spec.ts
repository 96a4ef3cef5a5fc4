import { fits, validate } from '@opsmesh/contracts';
import { Capabilities } from '../capabilities.js';
import { NmapInput } from '../nmap/nmap.dto.js';
import { PortCheckInput } from '../port-check/port-check.dto.js';
import { admissionWith } from '../testing/admission.js';
import { toolCall } from '../testing/tool-call.js';
import { NmapTool } from './nmap.js';
import { PortCheckTool } from './port-check.js';

const admission = admissionWith({}, () => Promise.resolve(['127.0.0.1']));
const check = (fields: object) => new PortCheckTool(admission).run(toolCall(validate(PortCheckInput, { ports: 9, ...fields })));

it.each([
  ['the name it was given as', { target_host: 'web-1' }, 'web-1'],
  ['its address, when that is all there is', { target_host: '127.0.0.1' }, '127.0.0.1'],
  ['the name of the asset whose address was given', { target_host: '127.0.0.1', host_name: 'web-1' }, 'web-1'],
])('an answer calls the host by %s, with the address beside it', async (_what, fields, host) => {
  const output = await check(fields);
  expect(output).toMatchObject({ host, address: '127.0.0.1' });
  expect(Object.keys(output).slice(0, 2)).toEqual(['host', 'address']);
});

it('the name is only shown: nothing is looked up or decided by it', async () => {
  const asked: string[] = [];
  const nobody = admissionWith({}, (name) => { asked.push(name); return Promise.resolve(['127.0.0.1']); });
  const refused = new PortCheckTool(nobody).run(toolCall(validate(PortCheckInput, { target_host: '8.8.8.8', ports: 9, host_name: 'localhost' })));
  await expect(refused).rejects.toMatchObject({ failure: { code: 'target-refused' } });
  expect((await check({ target_host: '127.0.0.1', host_name: '$(touch /tmp/canary) -iL %PATH%' })).host).toBe('$(touch /tmp/canary) -iL %PATH%');
  expect(asked).toEqual([]);
});

it.each(['', 'a\0b', 'a\nb', 'a\u001bb', 'a\ud800b', 'x'.repeat(254)])('%j can be no name', (host_name) => {
  expect(fits(PortCheckInput, { target_host: '127.0.0.1', ports: 9, host_name })).toBe(false);
});

it.each([[['127.0.0.1', '127.0.0.2']], ['127.0.0.0/30']])('one name for %j is refused', async (targets) => {
  const nmap = new NmapTool(new Capabilities({ nmap: '/nonexistent/nmap' }, new Set()), admission);
  await expect(nmap.run(toolCall(validate(NmapInput, { targets, host_name: 'web-1' })))).rejects.toMatchObject({ failure: { code: 'input-invalid' } });
});
