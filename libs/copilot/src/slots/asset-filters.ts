import type { FactSheet } from '../facts/facts.js';
import { OS_FAMILIES } from '../facts/os-family.js';
import { valueIndex } from '../facts/value-index.js';
import type { Selection } from './selection.js';

/** Filters of the tool `asset-query`. */
export type AssetFilters = Record<string, unknown>;

/** The filters that a selection means. Addresses of known assets become their names when both are given. */
export function filtersOf(s: Selection, facts: FactSheet): AssetFilters {
  const filters: AssetFilters = {};
  const mixed = s.hosts.length > 0 && s.ips.length > 0;
  const hosts = mixed ? [...new Set([...s.hosts, ...s.ips.flatMap((ip) => facts.assets.get(ip)?.hostname ?? [])])] : s.hosts;
  const addresses = [...(mixed ? [] : s.ips), ...s.cidrs];
  const name: Record<string, unknown> = {
    ...(s.namePrefix === null ? {} : { prefix: s.namePrefix }), ...(s.nameContains === null ? {} : { contains: s.nameContains }),
    ...(s.exceptHosts.length > 0 ? { not: one(s.exceptHosts) } : {}),
  };
  if (Object.keys(name).length > 0) filters['hostname'] = hosts.length > 0 ? { in: hosts, ...name } : name;
  else if (hosts.length > 0) filters['hostname'] = one(hosts);
  if (addresses.length > 0) filters['ip_address'] = one(addresses);
  if (s.exceptTags.length > 0) filters['tags'] = { ...(s.tags.length > 0 ? { [s.allTags ? 'all' : 'any']: s.tags } : {}), none: s.exceptTags };
  else if (s.tags.length > 0) filters['tags'] = s.allTags && s.tags.length > 1 ? { all: s.tags } : one(s.tags);
  if (s.exceptEnvironments.length > 0) filters['environment'] = { not: one(s.exceptEnvironments) };
  else if (s.environments.length > 0) filters['environment'] = one(s.environments);
  const statuses = s.exceptStatuses.length > 0 ? ['active', 'maintenance', 'inactive', 'decommissioned'].filter((x) => !s.exceptStatuses.includes(x)) : s.statuses;
  if (statuses.length > 0) filters['status'] = one(statuses);
  if (s.locations.length > 0) filters['location'] = one(s.locations);
  if (s.os !== null) filters['os'] = osFilter(s.os, facts);
  return filters;
}

/** The operating systems of the inventory that belong to the family; by its name where the inventory has none of it. */
function osFilter(key: string, facts: FactSheet): unknown {
  const family = OS_FAMILIES.find((f) => f.key === key);
  const values = valueIndex(facts.vocabulary).os.filter((os) => family?.holds.test(os) === true);
  return values.length > 0 ? one(values) : { contains: key.toLowerCase() };
}

function one(values: readonly string[]): unknown {
  return values.length === 1 ? values[0] : [...values];
}
