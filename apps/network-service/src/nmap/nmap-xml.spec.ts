import { readFileSync } from 'node:fs';
import { ToolFailure } from '@opsmesh/contracts';
import { readNmapXml } from './nmap-xml.js';

/** Written by nmap 7.93 on loopback. */
const recorded = (name: string): string => readFileSync(new URL(`./recorded/${name}.xml`, import.meta.url), 'utf8');

it('open and closed ports are told apart', () => {
  expect(readNmapXml(recorded('connect'))).toEqual({
    scanType: 'connect',
    finished: { exit: 'success' },
    hostsDown: 0,
    skipped: [],
    hosts: [{
      address: '127.0.0.1', state: 'up', timedOut: false, otherPorts: [],
      ports: [
        { port: 18081, protocol: 'tcp', state: 'open' },
        { port: 18082, protocol: 'tcp', state: 'open' },
        { port: 18083, protocol: 'tcp', state: 'closed' },
      ],
    }],
  });
});

it('the scan type is the one nmap reports', () => expect(readNmapXml(recorded('syn')).scanType).toBe('syn'));

it('a probed service has product and version, as text', () => {
  expect(readNmapXml(recorded('probed')).hosts[0]?.ports).toEqual([{ port: 18082, protocol: 'tcp', state: 'open', service: 'http', serviceFrom: 'probed', product: 'nginx', version: '1.24.0' }]);
});

it('a service that is only usual on a port says so', () => {
  const xml = recorded('connect').replace('</state>', '').replace(/(portid="18083">.*?)(<\/port>)/, '$1<service name="ssh" method="table" conf="3"/>$2');
  expect(readNmapXml(xml).hosts[0]?.ports[2]).toMatchObject({ service: 'ssh', serviceFrom: 'table' });
});

it('a version that looks like a number stays a text', () => {
  const xml = recorded('probed').replace('version="1.24.0"', 'version="1.10"');
  expect(readNmapXml(xml).hosts[0]?.ports[0]?.version).toBe('1.10');
});

it('ports that are not listed are counted', () => {
  expect(readNmapXml(recorded('extraports')).hosts[0]).toMatchObject({ ports: [], otherPorts: [{ state: 'closed', count: 2000 }] });
});

it('a network has a row for each host', () => {
  expect(readNmapXml(recorded('network')).hosts.map((host) => host.address)).toEqual(['127.0.0.0', '127.0.0.1', '127.0.0.2', '127.0.0.3']);
});

it('a host that was given up is marked', () => expect(readNmapXml(recorded('host-timeout')).hosts[0]).toMatchObject({ state: 'up', timedOut: true, ports: [] }));

it('a target without a route is skipped', () => expect(readNmapXml(recorded('no-route'))).toMatchObject({ hosts: [], skipped: ['127.0.0.1'], finished: { exit: 'success' } }));

it('an error of nmap is no finished scan, and its nonsense count is not believed', () => {
  expect(readNmapXml(recorded('raw-sockets-refused'))).toMatchObject({ finished: { exit: 'error', message: expect.stringContaining('raw socket') }, hostsDown: 0 });
});

it('the stump of a killed nmap gives the hosts that were finished, and no end', () => {
  expect(readNmapXml(recorded('killed'))).toMatchObject({ scanType: 'connect', finished: undefined, hosts: [{ address: '127.0.0.2' }] });
});

it('cut anywhere, a report gives only whole hosts and never claims to be finished', () => {
  const xml = recorded('network');
  const whole = readNmapXml(xml).hosts;
  for (let end = 0; end < xml.indexOf('</nmaprun>'); end++) {
    const stump = xml.slice(0, end);
    try {
      const { hosts, finished } = readNmapXml(stump);
      expect(finished).toBeUndefined();
      expect(hosts).toEqual(whole.slice(0, stump.split('</host>').length - 1));
    } catch (error) {
      if (!(error instanceof ToolFailure)) throw error;
      expect(error.failure.code).toBe('output-invalid');
      expect(stump).not.toContain('</host>');
    }
  }
});

it.each([
  ['no XML', 'QUITTING!'],
  ['nothing', ''],
  ['another document', '<html></html>'],
  ['a port that is no number', recorded('connect').replace('portid="18081"', 'portid="0x50"')],
  ['an unknown port state', recorded('connect').replace('state="open"', 'state="ajar"')],
  ['no address', recorded('connect').replace('addrtype="ipv4"', 'addrtype="mac"')],
])('%s is refused', (_what, xml) => expect(() => readNmapXml(xml)).toThrow(ToolFailure));

it('guesses of the operating system are read, the best first; without one the list is empty', () => {
  const [host] = readNmapXml(recorded('os')).hosts;
  expect(host?.os?.[0]).toEqual({ name: 'Linux 5.0 - 5.2', accuracy: 97, family: 'Linux' });
  expect(readNmapXml(recorded('os').replace(/<osmatch[^]*<\/osmatch>/, '')).hosts[0]?.os).toEqual([]);
  expect(readNmapXml(recorded('syn')).hosts[0]).not.toHaveProperty('os');
});
