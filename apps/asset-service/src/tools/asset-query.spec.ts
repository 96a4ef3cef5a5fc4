import { jest } from '@jest/globals';
import { InvalidMessage, jsonSchemaOf, validate } from '@opsmesh/contracts';
import { ASSET_FIELDS } from '../inventory/asset-fields.js';
import { InventoryError } from '../inventory/inventory-error.js';
import type { InventoryService } from '../inventory/inventory.service.js';
import { accepts, declared, runTool } from '../testing/tool.js';
import { AssetQueryTool } from './asset-query.js';

it('is a read that may be repeated and loops over its assets', () => {
  expect(declared(AssetQueryTool)).toMatchObject({ name: 'asset-query', effect: 'read', idempotent: true, listOutput: 'assets' });
  expect(declared(AssetQueryTool)).not.toHaveProperty('credential');
});

it('its examples fit its input', () => {
  for (const example of declared(AssetQueryTool).examples!) expect(accepts(AssetQueryTool, example)).toBe(true);
});

it('its output schema names the fields of an asset, so that references can be checked', () => {
  const schema = jsonSchemaOf(declared(AssetQueryTool).output) as { properties: Record<string, { items?: { properties: object; additionalProperties: boolean } }> };
  expect(Object.keys(schema.properties)).toEqual(['assets', 'asset_count', 'hostnames', 'ip_addresses', 'total', 'truncated']);
  const { items } = schema.properties['assets']!;
  expect(Object.keys(items!.properties)).toEqual([...ASSET_FIELDS]);
  expect(items!.additionalProperties).toBe(false);
});

it('10,000 assets are checked in a moment, and a wrong one is noticed', () => {
  const { output } = declared(AssetQueryTool);
  const assets: Record<string, unknown>[] = Array.from({ length: 10_000 }, (_, i) => ({ hostname: `host-${i}`, ip_address: '10.0.0.1', tags: ['a', 'b'], attributes: { rack: { row: i } }, status: 'active', created_at: '2026-01-01T00:00:00.000Z' }));
  const result = { assets, asset_count: 1, hostnames: [], ip_addresses: [], total: 1, truncated: false };
  const begun = performance.now();
  validate(output, result);
  expect(performance.now() - begun).toBeLessThan(5000);
  assets[9999]!['password'] = 'x';
  expect(() => validate(output, result)).toThrow(InvalidMessage);
});

const ID = '0192f0c1-2b3c-7d4e-8f5a-6b7c8d9e0f1a';
it.each<[object]>([
  [{}], [{ filters: {} }], [{ filters: { tags: 'win10' } }], [{ filters: { tags: ['a', 'b'] } }], [{ filters: { tags: { any: ['a'], all: ['b'], none: ['c'] } } }], [{ filters: { id: ID } }], [{ filters: { id: [ID] } }],
  [{ filters: { status: 'active', environment: ['production', 'staging'] } }], [{ filters: { hostname: { in: ['a'], not: 'b', prefix: 'c', contains: 'd', exists: true } } }], [{ filters: { hostname: [] } }],
  [{ filters: { ip_address: ['10.0.0.1', '10.0.0.0/8', '2001:db8::/32'] } }], [{ filters: { ip_address: { cidr: '10.0.0.0/8', not: ['10.1.0.0/16'], exists: true } } }], [{ filters: { attributes: { 'rack.row': 3, a: ['x', null, true] } } }],
  [{ filters: { port: 22 } }], [{ filters: { port: [22, 5986] } }], [{ filters: { created_at: { after: '2026-01-01', before: '2026-01-01T10:00:00.5+02:00' } } }], [{ search: 'a b', sort: '-hostname', limit: 10_000, offset: 0, count_only: true }], [{ sort: ['status', '-port'], fields: ['id'] }],
])('takes %j', (input) => expect(accepts(AssetQueryTool, input)).toBe(true));

it.each<[object]>([
  [{ filter: {} }], [{ filters: { tag: 'a' } }], [{ filters: { tags: 7 } }], [{ filters: { tags: {} } }], [{ filters: { tags: { some: ['a'] } } }], [{ filters: { tags: { all: 'a' } } }], [{ filters: { tags: [['a']] } }], [{ filters: { hostname: '' } }], [{ filters: { hostname: 'a\0' } }],
  [{ filters: { hostname: { like: 'a' } } }], [{ filters: { hostname: { prefix: 3 } } }], [{ filters: { status: 'happy' } }], [{ filters: { status: ['active', 'x'] } }], [{ filters: { ip_address: 'localhost' } }], [{ filters: { attributes: { a: { b: 1 } } } }], [{ filters: { attributes: 'a' } }],
  [{ filters: { port: '22' } }], [{ filters: { port: 0 } }], [{ filters: { created_at: '2026-01-01' } }], [{ filters: { created_at: { after: 'yesterday' } } }], [{ filters: { id: 'x' } }], [{ filters: [] }], [{ limit: 0 }], [{ limit: 10_001 }], [{ limit: '5' }], [{ sort: 'tags' }], [{ sort: [] }], [{ fields: ['password'] }], [{ search: '' }],
])('refuses %j', (input) => expect(accepts(AssetQueryTool, input)).toBe(false));

it('asks for the tenant of the attempt', async () => {
  const query = jest.fn<InventoryService['query']>().mockResolvedValue({ assets: [], asset_count: 0, hostnames: [], ip_addresses: [], total: 0, truncated: false });
  await runTool(AssetQueryTool, { query }, { filters: { tags: 'x' } });
  expect(query).toHaveBeenCalledWith('t1', expect.objectContaining({ filters: { tags: 'x' } }));
});

it('an impossible value fails as input-invalid', async () => {
  const query = () => Promise.reject(new InventoryError('invalid', 'no address'));
  await expect(runTool(AssetQueryTool, { query }, {})).rejects.toMatchObject({ name: 'ToolFailure', failure: { code: 'input-invalid', message: 'no address', retryable: false } });
});

it('a fault of ours stays a fault', async () => {
  const query = () => Promise.reject(new TypeError('oops'));
  await expect(runTool(AssetQueryTool, { query }, {})).rejects.toBeInstanceOf(TypeError);
});
