import { ANY_PROTOCOL, ConnectionDto, validate } from '@opsmesh/contracts';
import type { ServiceClient } from '@opsmesh/platform';
import type { ConnectionResolver } from '../engine/ports.js';

/** Asks the asset service which asset a target means. */
export class AssetConnections implements ConnectionResolver {
  constructor(private readonly assets: ServiceClient) {}

  async resolve(tenantId: string, target: string, protocol: string): Promise<ConnectionDto> {
    return validate(ConnectionDto, await this.assets.call('POST', '/internal/connections', { body: { tenantId, target, ...(protocol === ANY_PROTOCOL ? {} : { protocol }) } }));
  }
}
