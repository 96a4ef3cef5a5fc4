import { respond } from '../conversation/respond.js';
import { NEW_CONVERSATION } from '../conversation/state.js';
import { situationFor } from '../testing/situation.js';

const read = async (message: string) => respond(message, NEW_CONVERSATION, await situationFor(message));
const wanted = async (message: string) => (await read(message)).intents.map((i) => (i.kind === 'action' ? [i.action, i.values['service'] ?? null, i.selection.hosts.join(' ')] : [i.kind]));

it.each([
  ['restart nginx and sshd on web-01', [['restart-service', 'nginx', 'web-01'], ['restart-service', 'sshd', 'web-01']]],
  ['restart nginx, haproxy and myapp on web-01', [['restart-service', 'nginx', 'web-01'], ['restart-service', 'haproxy', 'web-01'], ['restart-service', 'myapp', 'web-01']]],
  ['is nginx or sshd running on web-01?', [['service-health', 'nginx', 'web-01'], ['service-health', 'sshd', 'web-01']]],
  ['restart nginx on web-01 and web-02', [['restart-service', 'nginx', 'web-01 web-02']]],
  ['show disk usage and uptime of web-01', [['disk-report', null, 'web-01'], ['system-info', null, 'web-01']]],
  ['show disk, memory and services of web-01', [['disk-report', null, 'web-01'], ['system-info', null, 'web-01'], ['refuse']]],
  ['show cpu and memory of web-01', [['system-info', null, 'web-01']]],
  ['show disk usage of web-01 and web-02', [['disk-report', null, 'web-01 web-02']]],
])('reads all that one breath asks for: %s', async (message, expected) => {
  expect(await wanted(message)).toEqual(expected);
});

it('restarts one service after the other, and says each', async () => {
  const reply = await read('restart nginx and sshd on web-01');
  expect(reply).toMatchObject({ kind: 'plan', changes: true, message: expect.stringMatching(/service nginx\) on web-01; .*service sshd\) on web-01/) });
  const steps = reply.kind === 'plan' ? reply.plan.steps.filter((s) => s.tool === 'restart-service') : [];
  expect(steps.map((s) => s.inputs?.['service'])).toEqual(['<<input.service>>', '<<input.p2_service>>']);
  expect(steps[1]!.dependsOn).toContain(steps[0]!.id);
});

it('asks where services are joined by "or"', async () => {
  expect(await read('restart nginx or sshd on web-01')).toMatchObject({ kind: 'question', message: expect.stringContaining('"or"') });
});

it.each([
  ['restart nginx on web-01;reboot', ';reboot'], ['restart nginx on web-01 && rm -rf /', '&& rm -rf'], ['restart nginx on web-01 | tee', '| tee'], ['restart nginx on web-01 for 24h', '24h'], ['restart nginx on web-01 within 10 minutes', '10 minutes'],
  ['restart nginx and check_mk-agent-x on web-01 as root', 'root'], ['tag web-01 with canary gracefully', 'gracefully'], ['delete web-04 recursively', 'recursively'], ['restart nginx gracefully on web-01', 'gracefully'],
])('asks before a change of which a part would get lost: %s', async (message, lost) => {
  expect(await read(message)).toMatchObject({ kind: 'question', message: expect.stringContaining(lost.replace(';', '')) });
});

it.each(['restart everything but nginx on web-01', 'restart all services except sshd on web-01', 'restart anything apart from nginx on web-01'])('does not do what is to be left out, and does not offer it: %s', async (message) => {
  expect(await read(message)).toMatchObject({ kind: 'answer', intents: [{ kind: 'refuse', reason: 'unsupported' }] });
});

it('tells all that is asked of an asset in one breath', async () => {
  expect((await read('where is db-01 and what os does it run?')).intents).toMatchObject([{ kind: 'assets', question: { kind: 'assets', field: null, selection: { hosts: ['db-01'] } } }]);
});

it.each(['restart nginx on all web hosts but web-02', 'restart nginx on every web server, but not on web-02'])('leaves out the host after "but": %s', async (message) => {
  expect((await read(message)).intents[0]).toMatchObject({ action: 'restart-service', selection: { hosts: [], tags: ['web'], exceptHosts: ['web-02'] } });
});

it('says which part it did not understand beside what it reads', async () => {
  expect(await read('show disk usage of web-01 and then check my coffee')).toMatchObject({ kind: 'plan', notes: [expect.stringContaining('check my coffee')] });
});

it('does nothing of a message that asks for more than it reads', async () => {
  for (const message of [`restart ${'abcdefghi'.split('').map((c) => `${c}${c}d`).join(', ')} on web-01; restart nginx on web-02; restart sshd on web-03`, `${'That is so. '.repeat(30)}restart nginx on web-01`]) {
    const reply = await read(message);
    expect([reply.kind, reply.message]).toEqual(['answer', 'That is too much for one message: say it in parts. Nothing was done.']);
  }
});

it('reads the host of a name or address with a port', async () => {
  expect((await read('check certificate expiry of web-01:443')).intents[0]).toMatchObject({ selection: { hosts: ['web-01'], unknownHosts: [] }, values: { port: '443' } });
  expect((await read('check the certificate of 10.0.1.11:8443')).intents[0]).toMatchObject({ selection: { ips: ['10.0.1.11'] }, values: { port: '8443' } });
});

it('takes a DNS record for no recording of packets, and reads names in French quotes', async () => {
  expect((await read('look up the A record of example.org')).intents[0]).toMatchObject({ action: 'dns-lookup', values: { domain: 'example.org', type: 'A' } });
  expect((await read('record the packets between web-01 and web-02')).intents[0]).toMatchObject({ action: 'capture' });
  expect((await read("what's the disk usage of « web-01 » ?")).intents[0]).toMatchObject({ action: 'disk-report', selection: { hosts: ['web-01'] } });
});

it('asks the port of a certificate that was named, and says that it takes one', async () => {
  const reply = await read('check the certificate of web-01 on port 8443');
  expect(reply.kind === 'plan' && reply.plan.steps.at(-1)).toMatchObject({ tool: 'tls-certificate', inputs: { port: 8443 } });
  expect(await read('check the certificates of web-01 on ports 443 and 8443')).toMatchObject({ kind: 'answer', message: expect.stringContaining('one port') });
});

it('takes a shouted service for the service, and no word like "called" for one', async () => {
  expect(await wanted('RESTART NGINX ON WEB-01')).toEqual([['restart-service', 'nginx', 'web-01']]);
  expect((await read('restart the service called "my app" on web-01')).kind).toBe('question');
});
