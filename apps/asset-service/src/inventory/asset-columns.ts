import { asc, desc, sql, type SQL } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { assets } from '../database/schema.js';
import { ASSET_FIELDS, type AssetField, type Sort, type SortField } from './asset-fields.js';
import type { AssetDto } from './asset.dto.js';

const COLUMNS = {
  id: assets.id, hostname: assets.hostname, ip_address: assets.ipAddress, os: assets.os, environment: assets.environment, status: assets.status,
  location: assets.location, tags: assets.tags, attributes: assets.attributes, protocol: assets.protocol, port: assets.port,
  credential_id: assets.credentialId, host_key: assets.hostKey, host_key_policy: assets.hostKeyPolicy,
  tls: assets.tls, tls_ca: assets.tlsCa, tls_fingerprint: assets.tlsFingerprint, jump_host: assets.jumpHostId, version: assets.version,
  created_at: assets.createdAt, updated_at: assets.updatedAt,
} as const satisfies Record<AssetField, PgColumn>;

/** What to select so that {@link toAsset} can show `fields`. */
export function columnsOf(fields: readonly AssetField[]): Record<string, PgColumn> {
  return Object.fromEntries(fields.map((f) => [f, COLUMNS[f]]));
}

/** One selected row as it is given out: the wanted fields that are set. */
export function toAsset(row: Readonly<Record<string, unknown>>, fields: readonly AssetField[] = ASSET_FIELDS): AssetDto {
  const asset: Record<string, unknown> = {};
  for (const field of fields) {
    const value = row[field];
    if (value !== null && value !== undefined) asset[field] = value instanceof Date ? value.toISOString() : value;
  }
  return asset;
}

/** ORDER BY; unset values come last in both directions, and the host name, which is unique, decides between equals. */
export function orderOf(sort: Sort | readonly Sort[] | undefined): SQL[] {
  const wanted = sort === undefined ? [] : typeof sort === 'string' ? [sort] : sort;
  const parts = wanted.map((s) => {
    const name = s.replace(/^-/, '') as SortField;
    const by = name === 'hostname' ? sql`lower(${assets.hostname})` : COLUMNS[name];
    return sql`${s.startsWith('-') ? desc(by) : asc(by)} nulls last`;
  });
  return [...parts, sql`lower(${assets.hostname})`];
}
