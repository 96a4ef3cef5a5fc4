import { validate, type ToolFailure } from '@opsmesh/contracts';
import { Capabilities } from '../capabilities.js';
import { TcpdumpInput } from '../capture/tcpdump.dto.js';
import { NmapInput } from '../nmap/nmap.dto.js';
import { PingInput } from '../ping/ping.dto.js';
import { PortCheckInput } from '../port-check/port-check.dto.js';
import { admissionWith } from '../testing/admission.js';
import { toolCall } from '../testing/tool-call.js';
import { TracerouteInput } from '../traceroute/traceroute.dto.js';
import { NmapTool } from './nmap.js';
import { PingTool } from './ping.js';
import { TlsCertificateInput } from '../tls-certificate/tls-certificate.dto.js';
import { PortCheckTool } from './port-check.js';
import { TcpdumpTool } from './tcpdump.js';
import { TlsCertificateTool } from './tls-certificate.js';
import { TracerouteTool } from './traceroute.js';

/** Programs that are not there: whatever got as far as to start one would say `capability-missing`. */
const none = new Capabilities({ nmap: '/nonexistent/nmap', ping: '/nonexistent/ping', traceroute: '/nonexistent/traceroute', tcpdump: '/nonexistent/tcpdump' }, new Set());

/** A resolver that gives a good address first and another afterwards. */
function rebinding() {
  const asked: string[] = [];
  return { asked, resolve: (name: string) => { asked.push(name); return Promise.resolve([asked.length === 1 ? '127.0.0.1' : '8.8.8.8']); } };
}
const TOOLS: Readonly<Record<string, (target: string, admission: ReturnType<typeof admissionWith>) => Promise<unknown>>> = {
  nmap: (target, admission) => new NmapTool(none, admission).run(toolCall(validate(NmapInput, { targets: target }))),
  ping: (target, admission) => new PingTool(none, admission).run(toolCall(validate(PingInput, { target_host: target }))),
  traceroute: (target, admission) => new TracerouteTool(none, admission).run(toolCall(validate(TracerouteInput, { target_host: target }))),
  'tls-certificate': (target, admission) => new TlsCertificateTool(admission).run(toolCall(validate(TlsCertificateInput, { target_host: target, timeout: 1 }))),
  tcpdump: (target, admission) => new TcpdumpTool(none, admission, none as never).run(toolCall(validate(TcpdumpInput, { hosts: target }))),
  'port-check': (target, admission) => new PortCheckTool(admission).run(toolCall(validate(PortCheckInput, { target_host: target, ports: 9, timeout: 1 }))),
};
const HOSTILE = [
  '-oProxyCommand=touch /tmp/canary', '-X lua_script:/tmp/canary', '-iL/etc/passwd', '-iL', '--script=vuln', '-oN/tmp/canary', '--', '-', '10.0.0.1-5', '10.0.0.1,2', '10.0.0.*', '10.0.0.1 10.0.0.2', '$(touch /tmp/canary)', '`id`', '; id', '| id', '10.0.0.1\n8.8.8.8',
  '10.0.0.1\0', '%PATH%', '::1%lo', '0x7f.1', '127.1', '017700000001', '2130706433', 'a..b', '.', ' 10.0.0.1', '10.0.0.1 ', '[::1]', 'http://10.0.0.1', 'ü.example', '10.0.0.0/33',
  "'", '\u2018id\u2019', '\u201aid\u201b', 'a\ud800b', '"; id; "', '10.0.0.1\r\n', '10.0.0.1;10.0.0.2', '@/etc/passwd', '10.0.0.1-', 'web-1 -iL /etc/passwd',
];

it.each(HOSTILE)('a server name %j, which is sent to the host, is refused', async (server_name) => {
  const run = new TlsCertificateTool(admissionWith()).run(toolCall(validate(TlsCertificateInput, { target_host: '127.0.0.1', server_name })));
  await expect(run).rejects.toMatchObject({ failure: { code: 'input-invalid' } });
});

describe.each(Object.entries(TOOLS))('%s', (_name, run) => {
  it.each(HOSTILE)('refuses the target %j before anything is looked up or started', async (target) => {
    const { asked, resolve } = rebinding();
    await expect(run(target, admissionWith({}, resolve))).rejects.toMatchObject({ failure: { code: 'target-refused', retryable: false } });
    expect(asked).toEqual([]);
  });

  it('a name is looked up once, so that one which answers differently later changes nothing', async () => {
    const { asked, resolve } = rebinding();
    await run('sly.example', admissionWith({}, resolve)).catch((error: unknown) => expect(['capability-missing', 'unreachable']).toContain((error as ToolFailure).failure.code));
    expect(asked).toEqual(['sly.example']);
  });

  it('a name with one forbidden address among good ones is refused', async () => {
    await expect(run('sly.example', admissionWith({}, () => Promise.resolve(['127.0.0.1', '169.254.169.254'])))).rejects.toMatchObject({ failure: { code: 'target-refused' } });
  });

  it('is counted against the calls of the tenant', async () => {
    const admission = admissionWith({ NETWORK_CALLS_PER_MINUTE: '1' });
    await expect(run('8.8.8.8', admission)).rejects.toMatchObject({ failure: { code: 'target-refused' } });
    await expect(run('8.8.8.8', admission)).rejects.toMatchObject({ failure: { code: 'rate-limited', retryable: true } });
  });
});
