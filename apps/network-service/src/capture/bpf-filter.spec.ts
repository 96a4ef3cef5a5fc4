import fc from 'fast-check';
import { parseCidr } from '../policy/policy-document.js';
import { checkFilterWords, scopedFilter } from './bpf-filter.js';
import { BPF_WORDS } from './bpf-words.js';

const cidr = (text: string) => parseCidr(text)!;

it.each([
  'tcp port 443', 'host 10.0.0.1 and not port 22', 'net 10.0.0.0/8', 'src net 10.0.0.0/24 or dst host fd00::1', 'net fd00::/8', 'tcp[tcpflags] & (tcp-syn|tcp-fin) != 0', 'ether host 02:00:00:00:00:01',
  'portrange 8000-8100', 'ip[2:2] > 1400', 'icmp[icmptype] == icmp-echo', 'len <= 128 && !arp', 'vlan 7 and ip6', 'port https', 'ip proto 47', 'TCP PORT 80', 'ether[0] & 1 = 0',
])('takes the words of %s', (filter) => expect(() => checkFilterWords(filter)).not.toThrow());

it.each([
  'host web-1', 'host evil.example.org', 'localhost', 'src host db', 'port 80 or web', 'gateway router', 'ip protochain 6', 'net lab', 'proto ospf',
  'tcp; id', 'tcp $(id)', 'tcp `id`', "tcp 'x'", 'tcp "x"', 'tcp\n', 'tcp\tport 80', 'tcp\0', 'tcp # x', 'tcp {', 'tcp \\ip', 'tcp ü', 'ｔｃｐ', '-w /tmp/x', '--version', '-F/etc/passwd', 'a@b', 'host 10.0.0.1,10.0.0.2',
  'host 3or', 'host 10and', 'host 3-or', 'host 10.0.0.1-tcp', 'net 10.0.0.0/8or', 'host fd00::1tcp', 'ether host 02:00:00:00:00:01-ip', 'port 80-81tcp', '0x1for', 'host 3or-tcp.',
])('refuses %j', (filter) => expect(() => checkFilterWords(filter)).toThrow(expect.objectContaining({ failure: expect.objectContaining({ code: 'input-invalid' }) })));

it('whatever is taken holds no word but those of a filter, and no sign that means more than arithmetic', () => {
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...'abcdefgorstuvxyz0123456789.:/-_()[]&|!<>=$`;\'"\\ \n\t@#,%^*+'), maxLength: 40 }), (filter) => {
    try {
      checkFilterWords(filter);
    } catch {
      return;
    }
    expect(filter).toMatch(/^[a-z0-9.:/()[\]&|!<>=%^*+ -]*$/i);
    const words = filter.toLowerCase().replace(/(^|[^a-z0-9])port +[a-z][a-z0-9-]*/g, ' ').match(/(?<![0-9a-f:.x])[a-z][a-z0-9]*(?:-[a-z0-9]+)*/g) ?? [];
    for (const word of words) expect(BPF_WORDS.has(word) || /^[0-9a-f]+$/.test(word) || word.startsWith('x')).toBe(true);
  }), { numRuns: 3000 });
});

it('a filter stands behind what may be captured, in parentheses', () => {
  const scope = { within: [cidr('10.0.0.0/8'), cidr('192.168.1.5'), cidr('fd00::/8')], without: [cidr('10.0.0.9'), cidr('10.9.0.0/16')] };
  const open = '(net 10.0.0.0/8 or host 192.168.1.5 or net fd00::/8) and not host 10.0.0.9 and not net 10.9.0.0/16';
  expect(scopedFilter(undefined, scope)).toBe(open);
  expect(scopedFilter('tcp or udp', scope)).toBe(`${open} and not host 0.0.0.0 and ( tcp or udp )`);
});
