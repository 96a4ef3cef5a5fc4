import { DEFAULT_PORTS } from '@opsmesh/contracts';
import { databaseUrl, readConfig, retentionDays, type BodyLimits } from '@opsmesh/platform';
import { workerConfig, type WorkerConfig } from '@opsmesh/worker-runtime';

export const SERVICE = 'asset-service';
export const DEFAULT_PORT = DEFAULT_PORTS[SERVICE];

export interface AssetServiceConfig extends WorkerConfig {
  readonly databaseUrl: string;
  /** For how long the audit of leases is kept, in days; null for ever. */
  readonly retentionDays: number | null;
}

/** @throws StartError that names every bad variable. */
export function assetServiceConfig(source: Readonly<Record<string, string | undefined>> = process.env): AssetServiceConfig {
  return readConfig((env) => ({ ...workerConfig(env, { service: SERVICE, defaultPort: DEFAULT_PORT }), databaseUrl: databaseUrl(env), retentionDays: retentionDays(env) }), source);
}

/** An import of 10,000 assets with their attributes fits in one body. */
export const BODY_LIMITS: Partial<BodyLimits> = { jsonBytes: 16 * 1024 * 1024 };
