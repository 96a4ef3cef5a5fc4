import { jest } from '@jest/globals';
import type { InventoryService } from '../inventory/inventory.service.js';
import { accepts, declared, runTool } from '../testing/tool.js';
import { AssetListTool } from './asset-list.js';

it('is a read that may be repeated', () => expect(declared(AssetListTool)).toMatchObject({ name: 'asset-list', effect: 'read', idempotent: true, listOutput: 'assets' }));

it('its examples fit its input', () => {
  for (const example of declared(AssetListTool).examples!) expect(accepts(AssetListTool, example)).toBe(true);
});

it.each([{ limit: 0 }, { limit: 1001 }, { cursor: 5 }, { page: 1 }, { fields: ['secret'] }])('refuses %j', (input) => expect(accepts(AssetListTool, input)).toBe(false));

it('gives a page of the attempt\'s tenant', async () => {
  const list = jest.fn<InventoryService['list']>().mockResolvedValue({ assets: [], asset_count: 0, total: 0 });
  await runTool(AssetListTool, { list }, { limit: 5, cursor: 'YQ' });
  expect(list).toHaveBeenCalledWith('t1', expect.objectContaining({ limit: 5, cursor: 'YQ' }));
});
