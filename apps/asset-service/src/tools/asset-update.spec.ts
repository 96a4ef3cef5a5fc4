import { jest } from '@jest/globals';
import { InventoryError } from '../inventory/inventory-error.js';
import type { InventoryService } from '../inventory/inventory.service.js';
import { accepts, declared, runTool } from '../testing/tool.js';
import { AssetUpdateTool } from './asset-update.js';

it('is a write that must not be repeated blindly, since a renamed asset is not found again', () => expect(declared(AssetUpdateTool)).toMatchObject({ name: 'asset-update', effect: 'write', idempotent: false, target: '/asset' }));

it.each<[object]>([...declared(AssetUpdateTool).examples!.map((e): [object] => [e]), [{ asset: 'a', changes: {} }], [{ asset: 'a', changes: { os: null, tags: null, credential_id: null } }]])('takes %j', (input) => expect(accepts(AssetUpdateTool, input)).toBe(true));

it.each<[object]>([[{ changes: {} }], [{ asset: 'a' }], [{ asset: 'a', changes: { hostname: '$(x)' } }], [{ asset: 'a', changes: { version: 3 } }], [{ asset: 'a', changes: {}, expected_version: 0 }], [{ asset: 'a', changes: { id: 'x' } }]])('refuses %j', (input) => expect(accepts(AssetUpdateTool, input)).toBe(false));

it('hands over the asset, the changes and the version that was seen', async () => {
  const update = jest.fn<InventoryService['update']>().mockResolvedValue({});
  await runTool(AssetUpdateTool, { update }, { asset: 'a', changes: { os: null, add_tags: ['x'] }, expected_version: 3 });
  expect(update).toHaveBeenCalledWith('t1', 'a', { changes: expect.objectContaining({ os: null, add_tags: ['x'] }) as object, expectedVersion: 3 });
});

it.each([['not-found', 'not-found'], ['conflict', 'conflict']] as const)('%s is a failure of its own', async (code, expected) => {
  const update = () => Promise.reject(new InventoryError(code, 'm'));
  await expect(runTool(AssetUpdateTool, { update }, { asset: 'a', changes: {} })).rejects.toMatchObject({ failure: { code: expected } });
});
