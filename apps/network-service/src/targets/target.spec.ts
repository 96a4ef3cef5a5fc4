import { ToolFailure } from '@opsmesh/contracts';
import { formatCidr } from './cidr.js';
import { parseTarget } from './target.js';

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof ToolFailure) return error.failure.code;
    throw error;
  }
  return 'accepted';
};

describe('a target', () => {
  it.each([
    ['10.0.0.5', '10.0.0.5'],
    ['10.0.0.5/24', '10.0.0.0/24'],
    ['192.168.1.1/32', '192.168.1.1'],
    ['::1', '::1'],
    ['FD00::1', 'fd00::1'],
    ['fd00::1/64', 'fd00::/64'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['::ffff:10.0.0.1/128', '10.0.0.1'],
    ['::ffff:10.0.0.1/120', '10.0.0.0/24'],
    ['::ffff:0:0/96', '0.0.0.0/0'],
    ['::ffff:0:0/95', '::fffe:0:0/95'],
  ])('%s is the network %s', (text, expected) => {
    const target = parseTarget(text);
    expect(target.kind === 'network' && formatCidr(target.cidr)).toBe(expected);
  });

  it.each(['web-1', 'WEB01', 'db.example.org', 'db.example.org.', 'sql_01', '3com-switch', 'a.1b'])('%s is a name', (text) => {
    expect(parseTarget(text).kind).toBe('name');
  });

  it.each([
    ['an nmap range', '10.0.0.1-5'],
    ['an nmap range in the middle', '10.0.1-2.5'],
    ['an nmap list', '10.0.0.1,2'],
    ['two targets', '10.0.0.1,10.0.0.2'],
    ['an nmap wildcard', '10.0.*.1'],
    ['a list file', '-iL/etc/passwd'],
    ['an option', '--script=x'],
    ['a leading dash', '-10.0.0.1'],
    ['a label that starts with a dash', 'a.-b.org'],
    ['white space', '10.0.0.1 10.0.0.2'],
    ['a leading space', ' 10.0.0.1'],
    ['a line feed', '10.0.0.1\n'],
    ['NUL', '10.0.0.1\0'],
    ['an empty text', ''],
    ['a short IPv4 form', '127.1'],
    ['a decimal IPv4 form', '2130706433'],
    ['a hexadecimal IPv4 form', '0x7f000001'],
    ['a hexadecimal part', '127.0.0.0x1'],
    ['an octal part', '010.0.0.1'],
    ['a part above 255', '10.0.0.256'],
    ['a prefix above 32', '10.0.0.0/33'],
    ['a negative prefix', '10.0.0.0/-1'],
    ['a name with a prefix', 'web-1/24'],
    ['an IPv6 zone', 'fe80::1%eth0'],
    ['an IPv6 zone with a command', '::1%$(id)'],
    ['a shell command', '$(id)'],
    ['a lone surrogate', 'a\ud800b'],
    ['a look-alike letter', 'wеb-1'],
    ['a name above 253 characters', `${'a'.repeat(63)}.`.repeat(4) + 'a'],
    ['a label above 63 characters', 'a'.repeat(64)],
  ])('refuses %s', (_what, text) => expect(codeOf(() => parseTarget(text))).toBe('target-refused'));

  it('does not repeat control characters or long texts in its refusal', () => {
    expect(() => parseTarget(`\u001b[2J${'x'.repeat(500)}`)).toThrow(/^"\\u001b\[2Jx{76}…" is no target/);
  });
});
