import { ServiceAssets } from '../copilot/service-assets.js';
import { AssetConnections } from './asset-connections.js';
import { AssetInventory } from './asset-inventory.js';

const FACTS = { assetId: 'a-1', hostname: 'web-01', environment: null, tags: ['web'], endpoints: [], refusal: null };
const ENDPOINT = { assetId: 'a-1', hostname: 'web-01', address: '10.0.0.1', protocol: 'ssh', port: 22, hostKeys: [], hostKeyPolicy: 'strict', tls: null, tlsCa: null, tlsFingerprint: null, credentialId: 'c', credentialVersion: 1 };
const UNKNOWN = { assetId: null, refusal: 'there is no such asset' };
const UNREADABLE = { status: 503, code: 'service-unavailable' };
const answering = (...answers: unknown[]) => ({ call: () => Promise.resolve(answers.shift()) });

describe('what targets mean', () => {
  const ask = (answer: unknown) => new AssetInventory(answering(answer)).targets('t', ['web-01', 'nowhere'], 'ssh');

  it('is given as the inventory says it', async () => {
    const answer = [{ ...FACTS, endpoints: [ENDPOINT] }, UNKNOWN];
    expect(await ask(answer)).toEqual(answer);
  });

  it.each([
    ['fewer answers than targets', [FACTS]], ['no list', { found: [] }], ['nothing', undefined], ['a target without a host name', [{ ...FACTS, hostname: undefined }, UNKNOWN]],
    ['an endpoint without an address', [{ ...FACTS, endpoints: [{ ...ENDPOINT, address: 7 }] }, UNKNOWN]], ['an unknown target without a reason', [FACTS, { assetId: null }]], ['no object', [FACTS, 7]], ['null', [FACTS, null]],
  ])('is no answer of the inventory: %s', async (_what, answer) => {
    await expect(ask(answer)).rejects.toMatchObject(UNREADABLE);
  });
});

describe('the assets of a tenant', () => {
  const page = (assets: unknown[], more: object = {}) => ({ assets, asset_count: assets.length, hostnames: [], ip_addresses: [], total: assets.length, truncated: false, ...more });

  it('are read page by page', async () => {
    const source = new ServiceAssets(answering(page([{ hostname: 'a', tags: ['x'] }], { truncated: true }), page([{ hostname: 'b', protocol: 'winrm' }])));
    expect(await source.assetsOf('t')).toEqual([{ hostname: 'a', tags: ['x'] }, { hostname: 'b', protocol: 'winrm' }]);
  });

  it.each([['an asset without a name', page([{ tags: [] }])], ['tags that are no list', page([{ hostname: 'a', tags: 'x' }])], ['no page', []], ['a page that does not say whether it is the last', page([], { truncated: undefined })]])('are not taken from %s', async (_what, answer) => {
    await expect(new ServiceAssets(answering(answer)).assetsOf('t')).rejects.toMatchObject(UNREADABLE);
  });
});

it('a connection that can not be read is not the fault of whoever asked', async () => {
  const service = { call: () => Promise.resolve({ answers: [{ ok: { assetId: 'a-1' } }] }) };
  await expect(new AssetConnections(service).resolve('t', 'web-01', 'ssh')).rejects.toMatchObject(UNREADABLE);
  await expect(new AssetConnections({ call: () => Promise.resolve('no') }).resolve('t', 'web-01', 'ssh')).rejects.toMatchObject(UNREADABLE);
});
