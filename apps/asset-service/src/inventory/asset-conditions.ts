import { and, eq, isNotNull, isNull, not, or, sql, type SQL } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { assets } from '../database/schema.js';
import { isNetwork } from './asset-fields.js';
import type { AddressFilter, AssetFiltersDto, AttributeFilter, ChoiceFilter, TagFilter, TextFilter, TimeFilter } from './asset-filters.dto.js';
import { ATTRIBUTE_PATH, documentOf } from './attributes.js';
import { InventoryError } from './inventory-error.js';

/**
 * The WHERE of a query. Every value is a bound parameter; names come from this file only.
 * @throws InventoryError `invalid` for an address, time or attribute path that can't be one.
 */
export function assetConditions(tenantId: string, query: { filters?: AssetFiltersDto; search?: string }): SQL {
  const parts: SQL[] = [eq(assets.tenantId, tenantId)];
  for (const [name, value] of Object.entries(query.filters ?? {}) as Entries<AssetFiltersDto>) {
    if (value !== undefined && value !== null) parts.push((FILTERS[name] as (v: unknown) => SQL)(value));
  }
  for (const word of (query.search ?? '').toLowerCase().split(/\s+/).filter(Boolean)) {
    parts.push(sql`${assets.searchText} like ${`%${likeText(word)}%`}`);
  }
  return and(...parts)!;
}

type Entries<T> = { [K in keyof T]-?: [K, T[K]] }[keyof T][];

const FILTERS: { readonly [K in keyof AssetFiltersDto]-?: (filter: NonNullable<AssetFiltersDto[K]>) => SQL } = {
  id: (f) => oneOf(assets.id, list(f), 'uuid'),
  hostname: (f) => text(assets.hostname, f),
  ip_address: (f) => address(f),
  os: (f) => text(assets.os, f),
  environment: (f) => text(assets.environment, f),
  status: (f: ChoiceFilter<string>) => oneOf(assets.status, list(f), 'text'),
  location: (f) => text(assets.location, f),
  tags: (f) => tags(f),
  attributes: (f) => attributes(f),
  protocol: (f: ChoiceFilter<string>) => oneOf(assets.protocol, list(f), 'text'),
  port: (f) => oneOf(assets.port, list(f), 'int'),
  credential_id: (f) => oneOf(assets.credentialId, list(f), 'uuid'),
  tls: (f) => eq(assets.tls, f),
  jump_host: (f) => oneOf(assets.jumpHostId, list(f), 'uuid'),
  created_at: (f) => time(assets.createdAt, f),
  updated_at: (f) => time(assets.updatedAt, f),
};

function list<T>(value: T | T[]): T[] {
  return Array.isArray(value) ? value : [value];
}

/** A `%`, `_` or backslash stands for itself. */
export function likeText(value: string): string {
  return value.replace(/[\\%_]/g, '\\$&');
}

function oneOf(column: PgColumn, values: readonly unknown[], type: 'uuid' | 'text' | 'int'): SQL {
  return sql`${column} = any(${sql.param(values)}::${sql.raw(type)}[])`;
}

/** A condition that is unset holds for "is not": an asset without a location is not in Berlin. */
function isNot(column: PgColumn, same: SQL): SQL {
  return or(isNull(column), not(same))!;
}

function present(column: PgColumn, exists: boolean): SQL {
  return exists ? isNotNull(column) : isNull(column);
}

function text(column: PgColumn, filter: TextFilter): SQL {
  const same = (values: string[]): SQL => sql`lower(${column}) = any(${sql.param(values.map((v) => v.toLowerCase()))}::text[])`;
  if (typeof filter === 'string' || Array.isArray(filter)) return same(list(filter));
  const parts: SQL[] = [];
  if (filter.in !== undefined) parts.push(same(filter.in));
  if (filter.not !== undefined) parts.push(isNot(column, same(list(filter.not))));
  if (filter.prefix !== undefined) parts.push(sql`lower(${column}) like ${`${likeText(filter.prefix.toLowerCase())}%`}`);
  if (filter.contains !== undefined) parts.push(sql`lower(${column}) like ${`%${likeText(filter.contains.toLowerCase())}%`}`);
  if (filter.exists !== undefined) parts.push(present(column, filter.exists));
  return and(...parts)!;
}

function address(filter: AddressFilter): SQL {
  if (typeof filter === 'string' || Array.isArray(filter)) return inside(list(filter));
  const parts: SQL[] = [];
  if (filter.cidr !== undefined) parts.push(inside(list(filter.cidr)));
  if (filter.not !== undefined) parts.push(isNot(assets.ipAddress, inside(list(filter.not))));
  if (filter.exists !== undefined) parts.push(present(assets.ipAddress, filter.exists));
  return and(...parts)!;
}

/** Single addresses are compared by equality, networks by containment: both can use the index, where `<<= any(...)` could not. */
function inside(values: string[]): SQL {
  const bad = values.find((v) => !isNetwork(v));
  if (bad !== undefined) throw new InventoryError('invalid', `ip_address: ${JSON.stringify(bad)} is no IP address or network`);
  const single = values.filter((v) => !v.includes('/'));
  const parts = values.filter((v) => v.includes('/')).map((v) => sql`${assets.ipAddress} <<= ${v}::inet`);
  if (single.length > 0 || parts.length === 0) parts.push(sql`${assets.ipAddress} = any(${sql.param(single)}::inet[])`);
  return or(...parts)!;
}

function tags(filter: TagFilter): SQL {
  const array = (values: string[]): SQL => sql`${sql.param(values.map((v) => v.toLowerCase()))}::text[]`;
  if (typeof filter === 'string' || Array.isArray(filter)) return sql`${assets.tags} && ${array(list(filter))}`;
  const parts: SQL[] = [];
  if (filter.any !== undefined) parts.push(sql`${assets.tags} && ${array(filter.any)}`);
  if (filter.all !== undefined) parts.push(filter.all.length === 0 ? sql`false` : sql`${assets.tags} @> ${array(filter.all)}`);
  if (filter.none !== undefined) parts.push(not(sql`${assets.tags} && ${array(filter.none)}`));
  return and(...parts)!;
}

function attributes(filter: AttributeFilter): SQL {
  const parts = Object.entries(filter).map(([path, value]) => {
    if (!ATTRIBUTE_PATH.test(path)) throw new InventoryError('invalid', `attributes: ${JSON.stringify(path)} is no path: names with dots between, at most 8`);
    const values = list(value);
    if (values.some((v) => typeof v === 'string' && /[\0\p{Cs}]/u.test(v))) throw new InventoryError('invalid', `attributes: the value of ${path} contains NUL or a lone surrogate`);
    const any = values.map((v) => sql`${assets.attributes} @> ${JSON.stringify(documentOf(path, v))}::jsonb`);
    return any.length === 0 ? sql`false` : or(...any)!;
  });
  return and(sql`true`, ...parts)!;
}

function time(column: PgColumn, filter: TimeFilter): SQL {
  const at = (value: string): SQL => {
    if (Number.isNaN(Date.parse(value))) throw new InventoryError('invalid', `${column.name}: ${JSON.stringify(value)} is no ISO 8601 time`);
    return sql`${new Date(value).toISOString()}::timestamptz`;
  };
  return and(filter.after === undefined ? sql`true` : sql`${column} > ${at(filter.after)}`, filter.before === undefined ? sql`true` : sql`${column} < ${at(filter.before)}`)!;
}
