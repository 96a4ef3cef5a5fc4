import { Module, type DynamicModule } from '@nestjs/common';
import { DATABASE } from './database/database.js';
import { AccessController } from './http/access.controller.js';
import { AssetsController } from './http/assets.controller.js';
import { CredentialsController } from './http/credentials.controller.js';
import { InternalController } from './http/internal.controller.js';
import { ConnectionService } from './inventory/connection.service.js';
import { InventoryService } from './inventory/inventory.service.js';
import { TargetService } from './inventory/target.service.js';
import { StoreLifetime, type AssetStore } from './store.js';
import { AssetCreateTool } from './tools/asset-create.js';
import { AssetDeleteTool } from './tools/asset-delete.js';
import { AssetListTool } from './tools/asset-list.js';
import { AssetQueryTool } from './tools/asset-query.js';
import { AssetUpdateTool } from './tools/asset-update.js';
import { LeaseAuditSweeper } from './vault/lease-audit-sweeper.js';
import { LeaseService } from './vault/lease.service.js';
import { UsedGrantSweeper } from './vault/used-grant-sweeper.js';
import { VaultKey } from './vault/vault-key.js';
import { VaultService } from './vault/vault.service.js';

/** Inventory and vault: HTTP routes and tools over the same services. PROCESS_CONFIG, KEYS, LOGGER and TOKEN_VERIFIER come from the process. */
@Module({})
export class AssetServiceModule {
  /** @param store closed with the app. */
  static over(store: AssetStore): DynamicModule {
    return {
      module: AssetServiceModule,
      controllers: [AssetsController, CredentialsController, InternalController, AccessController, AssetQueryTool, AssetListTool, AssetCreateTool, AssetUpdateTool, AssetDeleteTool],
      providers: [{ provide: DATABASE, useValue: store.db }, { provide: VaultKey, useValue: store.vaultKey }, { provide: StoreLifetime, useValue: new StoreLifetime(store) }, InventoryService, ConnectionService, TargetService, VaultService, LeaseService, UsedGrantSweeper, LeaseAuditSweeper],
    };
  }
}
