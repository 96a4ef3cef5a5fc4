import { ANY_PROTOCOL, ConnectionDto, type ConnectionQueryDto } from '@opsmesh/contracts';
import { answerOf, BatchClient, type ServiceClient } from '@opsmesh/platform';
import type { ConnectionResolver } from '../engine/ports.js';

/** Asks the asset service which assets targets mean; those that are asked for together go in one request. */
export class AssetConnections implements ConnectionResolver {
  private readonly queries: BatchClient<ConnectionQueryDto>;

  constructor(assets: Pick<ServiceClient, 'call'>) {
    this.queries = new BatchClient(assets, '/internal/connections');
  }

  async resolve(tenantId: string, target: string, protocol: string): Promise<ConnectionDto> {
    return answerOf(ConnectionDto, await this.queries.call({ tenantId, target, ...(protocol === ANY_PROTOCOL ? {} : { protocol: protocol as 'ssh' | 'winrm' }) }));
  }
}
