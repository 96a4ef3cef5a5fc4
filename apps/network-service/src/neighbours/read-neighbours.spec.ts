import { readIpNeigh, readProcArp } from './read-neighbours.js';

/** Written by ip of iproute2 6.1 on Debian 12, with addresses of documentation networks. */
const IP = '[{"dst":"192.0.2.1","dev":"eth0","lladdr":"02:fc:00:00:00:05","state":["STALE"]},{"dst":"fd00::1","dev":"eth0","state":["FAILED"]},{"dst":"10.0.0.7","dev":"br0","lladdr":"02:00:00:00:00:07","router":null,"state":["PERMANENT"]}]';

it('reads neighbours of both families, also those nobody answered for', () => {
  expect(readIpNeigh(IP)).toEqual([
    { address: '192.0.2.1', family: 'ipv4', interface: 'eth0', mac: '02:fc:00:00:00:05', state: 'stale' },
    { address: 'fd00::1', family: 'ipv6', interface: 'eth0', mac: null, state: 'failed' },
    { address: '10.0.0.7', family: 'ipv4', interface: 'br0', mac: '02:00:00:00:00:07', state: 'permanent' },
  ]);
  expect(readIpNeigh('')).toEqual([]);
  expect(readIpNeigh('[]\n')).toEqual([]);
});

it.each(['{', '{}', '[{}]', '[{"dst":"x","dev":"eth0"}]', '[{"dst":"10.0.0.1"}]'])('%j is no list of neighbours', (json) => {
  expect(() => readIpNeigh(json)).toThrow(expect.objectContaining({ failure: expect.objectContaining({ code: 'output-invalid' }) }));
});

it("reads the kernel's own table", () => {
  const text = `IP address       HW type     Flags       HW address            Mask     Device
192.0.2.1        0x1         0x2         02:fc:00:00:00:05     *        eth0
192.0.2.9        0x1         0x0         00:00:00:00:00:00     *        eth0
192.0.2.7        0x1         0x6         02:fc:00:00:00:07     *        br0
`;
  expect(readProcArp(text)).toEqual([
    { address: '192.0.2.1', family: 'ipv4', interface: 'eth0', mac: '02:fc:00:00:00:05', state: 'reachable' },
    { address: '192.0.2.9', family: 'ipv4', interface: 'eth0', mac: null, state: 'incomplete' },
    { address: '192.0.2.7', family: 'ipv4', interface: 'br0', mac: '02:fc:00:00:00:07', state: 'permanent' },
  ]);
  expect(readProcArp('')).toEqual([]);
});
