import { validate } from '@opsmesh/contracts';
import { Capabilities, probeCapabilities } from '../capabilities.js';
import { PingInput, PingOutput } from '../ping/ping.dto.js';
import { resolveBySystem } from '../targets/resolve-name.js';
import { admissionWith } from '../testing/admission.js';
import { describeWith } from '../testing/installed.js';
import { toolCall } from '../testing/tool-call.js';
import { PingTool } from './ping.js';

const admission = admissionWith({}, resolveBySystem);
const input = (fields: object) => validate(PingInput, fields);

describeWith('/usr/bin/ping')('ping', () => {
  let tool: PingTool;
  beforeAll(async () => {
    tool = new PingTool(await probeCapabilities(), admission);
  });

  it.each(['127.0.0.1', '::1', 'localhost'])('reaches %s', async (target_host) => {
    const output = await tool.run(toolCall(input({ target_host, count: 2 })));
    expect(validate(PingOutput, output)).toMatchObject({ host: target_host, sent: 2, received: 2, lossPercent: 0, reachable: true });
    expect(output.rttMs!.min).toBeLessThanOrEqual(output.rttMs!.max);
    expect(output.address).toBe(target_host === 'localhost' ? '127.0.0.1' : target_host);
  });

  it('a cancel ends it at once', async () => {
    const stop = new AbortController();
    const running = tool.run(toolCall(input({ target_host: '127.0.0.1', count: 10 }), stop.signal));
    const begin = performance.now();
    stop.abort();
    await expect(running).rejects.toMatchObject({ failure: { code: 'cancelled' } });
    expect(performance.now() - begin).toBeLessThan(1500);
  });
});

it('a public address is refused before any program is started', async () => {
  const withoutProgram = new PingTool(new Capabilities({ ping: '/nonexistent/ping' }, new Set()), admission);
  await expect(withoutProgram.run(toolCall(input({ target_host: '8.8.8.8' })))).rejects.toMatchObject({ failure: { code: 'target-refused' } });
  await expect(withoutProgram.run(toolCall(input({ target_host: '127.0.0.1' })))).rejects.toMatchObject({ failure: { code: 'capability-missing' } });
});

it('a missing ping says what to install', async () => {
  await expect(new PingTool(new Capabilities({}, new Set()), admission).run(toolCall(input({ target_host: '127.0.0.1' })))).rejects.toMatchObject({
    failure: { code: 'capability-missing', message: expect.stringContaining('iputils-ping') },
  });
});
