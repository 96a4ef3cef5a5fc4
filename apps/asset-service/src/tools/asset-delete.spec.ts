import { jest } from '@jest/globals';
import type { InventoryService } from '../inventory/inventory.service.js';
import { accepts, declared, runTool } from '../testing/tool.js';
import { AssetDeleteTool } from './asset-delete.js';

it('is destructive, and may be repeated', () => expect(declared(AssetDeleteTool)).toMatchObject({ name: 'asset-delete', effect: 'destructive', idempotent: true, target: '/asset' }));

it('takes one asset and nothing else', () => {
  for (const example of declared(AssetDeleteTool).examples!) expect(accepts(AssetDeleteTool, example)).toBe(true);
  for (const bad of [{}, { asset: '' }, { asset: ['a'] }, { asset: 'a', filters: {} }]) expect(accepts(AssetDeleteTool, bad)).toBe(false);
});

it('deletes in the tenant of the attempt and says whether there was one', async () => {
  const remove = jest.fn<InventoryService['delete']>().mockResolvedValue({ deleted: false });
  expect(await runTool(AssetDeleteTool, { delete: remove }, { asset: 'a' })).toEqual({ deleted: false });
  expect(remove).toHaveBeenCalledWith('t1', 'a');
});
