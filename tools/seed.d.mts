import type { FleetHost } from './mesh.mjs';

/** Puts simulated hosts and their credentials into the inventory over the asset-service's HTTP API; again brings them up to date. */
export function seedFleet(options: { readonly url: string; readonly hosts: readonly FleetHost[]; readonly token?: string }): Promise<void>;
