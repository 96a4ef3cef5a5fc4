import { jest } from '@jest/globals';
import { InventoryError } from '../inventory/inventory-error.js';
import type { InventoryService } from '../inventory/inventory.service.js';
import { accepts, declared, runTool } from '../testing/tool.js';
import { AssetCreateTool } from './asset-create.js';

it('is a write that must not be repeated blindly', () => expect(declared(AssetCreateTool)).toMatchObject({ name: 'asset-create', effect: 'write', idempotent: false, target: '/hostname' }));

it.each<[object]>([
  [{ hostname: 'a' }], [{ hostname: 'WIN-10_b.example.com', os: null, tags: ['web', 'team:a b', 'größe'], attributes: { a: [{ b: 1 }] }, port: 22, host_key_policy: 'accept-new' }],
  [{ hostname: 'a', ip_address: '10.0.0.1', host_key: '# as ssh-keyscan prints it\n10.0.0.1 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFlQr9BgoBq0F+IBWZRcRLNsUHMiBL6BW3CwG9h1721a\n' }], ...declared(AssetCreateTool).examples!.map((e): [object] => [e]),
])('takes %j', (input) => expect(accepts(AssetCreateTool, input)).toBe(true));

it.each<[object]>([
  [{}], [{ hostname: '$(touch canary)' }], [{ hostname: 'a b' }], [{ hostname: "a'" }], [{ hostname: 'a\0' }], [{ hostname: 'a\n' }], [{ hostname: '-a' }], [{ hostname: 'a.' }], [{ hostname: 'a'.repeat(64) }], [{ hostname: `${'a.'.repeat(127)}a` }],
  [{ hostname: 'a', ip_address: 'localhost' }], [{ hostname: 'a', ip_address: '10.0.0.0/8' }], [{ hostname: 'a', os: '' }], [{ hostname: 'a', os: 'a\nb' }], [{ hostname: 'a', tags: ['a;b'] }], [{ hostname: 'a', tags: ['$(x)'] }],
  [{ hostname: 'a', tags: 'a' }], [{ hostname: 'a', port: 70_000 }], [{ hostname: 'a', protocol: 'telnet' }], [{ hostname: 'a', status: 'happy' }], [{ hostname: 'a', status: 7 }], [{ hostname: 'a', password: 'x' }], [{ hostname: 'a', attributes: [] }], [{ hostname: 'a', host_key: 'rubbish' }], [{ hostname: 'a', credential_id: 'x' }],
])('refuses %j', (input) => expect(accepts(AssetCreateTool, input)).toBe(false));

it('a second create fails as a conflict', async () => {
  const create = () => Promise.reject(new InventoryError('conflict', 'taken'));
  await expect(runTool(AssetCreateTool, { create }, { hostname: 'a' })).rejects.toMatchObject({ failure: { code: 'conflict', retryable: false } });
});

it('creates in the tenant of the attempt', async () => {
  const create = jest.fn<InventoryService['create']>().mockResolvedValue({});
  await runTool(AssetCreateTool, { create }, { hostname: 'a' });
  expect(create).toHaveBeenCalledWith('t1', expect.objectContaining({ hostname: 'a' }));
});
