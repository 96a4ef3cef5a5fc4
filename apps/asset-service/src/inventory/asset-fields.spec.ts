import { canonicalAddress, isAddress, isNetwork, TAG } from './asset-fields.js';

it.each(['10.0.0.1', '::', '2001:db8::1', '::ffff:1.2.3.4'])('%p is an address', (t) => expect(isAddress(t)).toBe(true));
it.each(['', '10.0.0', '010.0.0.1', '10.0.0.1/32', 'fe80::1%eth0', 'localhost', '1', '10.0.0.1\n'])('%j is no address', (t) => expect(isAddress(t)).toBe(false));
it.each(['10.0.0.0/8', '10.0.0.1/8', '10.0.0.1', '::/0', '2001:db8::/128', '0.0.0.0/0'])('%p is a network', (t) => expect(isNetwork(t)).toBe(true));
it.each(['10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/-1', '10.0.0.0/8/8', '/8', 'x/8'])('%p is no network', (t) => expect(isNetwork(t)).toBe(false));
it('an address has one spelling', () => expect(['2001:DB8:0:0:0::1', '10.0.0.1'].map(canonicalAddress)).toEqual(['2001:db8::1', '10.0.0.1']));
it.each(['web', 'a', 'team:red', 'app/web', 'größe 3', 'v1.2+x@y-z'])('%p is a tag', (t) => expect(TAG.test(t)).toBe(true));
it.each(['', ' a', 'a ', 'a;b', '$(x)', 'a"b', 'a\nb', '-a', 'a'.repeat(66)])('%j is no tag', (t) => expect(TAG.test(t)).toBe(false));
