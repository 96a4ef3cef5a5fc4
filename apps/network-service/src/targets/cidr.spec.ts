import fc from 'fast-check';
import { type Cidr, contains, distinctCidrs, formatCidr, parseAddress, parseNetwork, sizeOf } from './cidr.js';

const cidr = (text: string): Cidr => (parseAddress(text) ?? parseNetwork(text))!;

it.each([
  ['an address that is given twice', ['10.0.0.1', '10.0.0.2', '10.0.0.1'], ['10.0.0.1', '10.0.0.2']],
  ['an address in a network before it', ['10.0.0.0/31', '10.0.0.1'], ['10.0.0.0/31']],
  ['an address in a network after it', ['10.0.0.1', '10.0.0.0/31'], ['10.0.0.0/31']],
  ['networks in a network', ['10.0.1.0/24', '10.1.0.0/16', '10.0.0.0/16', '10.0.1.0/24'], ['10.1.0.0/16', '10.0.0.0/16']],
  ['an IPv6 address in a network', ['fd00::1', 'FD00:0::1', 'fd00::/120', 'fd01::1'], ['fd00::/120', 'fd01::1']],
  ['an IPv4 address that is written as an IPv6 one', ['10.0.0.1', '::ffff:10.0.0.1', '::ffff:10.0.0.0/120'], ['10.0.0.0/24']],
  ['nothing of neighbours', ['10.0.0.0/31', '10.0.0.2/31', '::/127', '0.0.0.0/31'], ['10.0.0.0/31', '10.0.0.2/31', '::/127', '0.0.0.0/31']],
])('%s is left out', (_what, texts, expected) => expect(distinctCidrs(texts.map(cidr)).map(formatCidr)).toEqual(expected));

it('every address stays, and stays once', () => {
  const network = fc.tuple(fc.integer({ min: 0, max: 15 }), fc.integer({ min: 28, max: 32 })).map(([last, prefix]) => cidr(`10.0.0.${last}/${prefix}`));
  fc.assert(fc.property(fc.array(network, { maxLength: 8 }), (given) => {
    const kept = distinctCidrs(given);
    for (let last = 0; last < 16; last++) {
      const address = cidr(`10.0.0.${last}`);
      const holding = (cidrs: readonly Cidr[]): number => cidrs.filter((one) => contains(one, address)).length;
      expect(holding(kept)).toBe(Math.min(1, holding(given)));
    }
  }));
});

it.each([['10.0.0.1', '1'], ['10.0.0.0/8', '16777216'], ['fd00::/64', '18446744073709551616'], ['::/0', '340282366920938463463374607431768211456']])('%s has exactly %s addresses', (text, size) => {
  expect(String(sizeOf(cidr(text)))).toBe(size);
});
