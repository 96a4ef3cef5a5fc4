import type { AssetFacts } from '@opsmesh/copilot';
import type { ServiceClient } from '@opsmesh/platform';
import type { AssetSource } from './inventory-facts.js';

const PAGE = 10_000;
const MOST = 100_000;
const FIELDS = ['hostname', 'ip_address', 'os', 'environment', 'status', 'location', 'protocol', 'tags'] as const;

/** The inventory as the asset service gives it to its sister services. */
export class ServiceAssets implements AssetSource {
  constructor(private readonly assets: ServiceClient) {}

  async assetsOf(tenantId: string): Promise<AssetFacts[]> {
    const all: AssetFacts[] = [];
    for (let truncated = true; truncated && all.length < MOST;) {
      const page = await this.assets.call('POST', '/internal/reads/asset-query', { body: { tenantId, input: { fields: FIELDS, sort: 'hostname', limit: PAGE, offset: all.length } } }) as { assets: AssetFacts[]; truncated: boolean };
      all.push(...page.assets);
      truncated = page.truncated && page.assets.length > 0;
    }
    return all;
  }
}
