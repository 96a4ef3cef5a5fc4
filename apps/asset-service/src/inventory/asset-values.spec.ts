import { changedValues, newValues, sameValues, searchTextOf } from './asset-values.js';

const box = newValues({ hostname: 'Box' });

it('a new asset is active and otherwise empty', () => {
  expect(box).toEqual({ hostname: 'Box', ipAddress: null, os: null, environment: null, status: 'active', location: null, tags: [], attributes: {}, protocol: null, port: null, credentialId: null, hostKey: null, hostKeyPolicy: null, tls: null, tlsCa: null, tlsFingerprint: null, jumpHostId: null });
});

it('what is left out stays, null clears', () => {
  const full = newValues({ hostname: 'b', os: 'x', location: 'y', tags: ['t'], attributes: { a: 1 }, port: 22 });
  expect(changedValues(full, {})).toEqual(full);
  expect(changedValues(full, { os: null, tags: null, attributes: null, port: null })).toEqual({ ...full, os: null, tags: [], attributes: {}, port: null });
});

it('tags are in lower case, once each, in order; removing wins over adding', () => {
  const tagged = newValues({ hostname: 'b', tags: ['Web', 'db', 'WEB'] });
  expect(tagged.tags).toEqual(['db', 'web']);
  expect(changedValues(tagged, { add_tags: ['New', 'x'], remove_tags: ['DB', 'X'] }).tags).toEqual(['new', 'web']);
  expect(changedValues(tagged, { tags: ['a'], add_tags: ['b'] }).tags).toEqual(['a', 'b']);
  expect(() => changedValues(tagged, { add_tags: Array.from({ length: 63 }, (_, i) => `t${i}`) })).toThrow('at most 64');
});

it('addresses have one spelling and environments lower case', () => {
  expect(newValues({ hostname: 'b', ip_address: '2001:0DB8:0:0::1', environment: 'PROD' })).toMatchObject({ ipAddress: '2001:db8::1', environment: 'prod' });
  expect(newValues({ hostname: 'b', ip_address: '::FFFF:10.0.0.1' }).ipAddress).toBe('::ffff:10.0.0.1');
});

it('the order of keys makes no difference', () => {
  expect(sameValues(newValues({ hostname: 'b', attributes: { a: 1, b: 2 } }), newValues({ hostname: 'b', attributes: { b: 2, a: 1 } }))).toBe(true);
  expect(sameValues(box, { ...box, os: 'x' })).toBe(false);
});

it('a search looks at name, address, system, location and tags only', () => {
  expect(searchTextOf(newValues({ hostname: 'Box', ip_address: '10.0.0.1', os: 'Ubuntu', location: 'Berlin', environment: 'prod', tags: ['web'], attributes: { a: 'hidden' } }))).toBe('box\n10.0.0.1\nubuntu\nberlin\nweb');
});
