import { canonicalJson } from '@opsmesh/contracts';
import type { assets } from '../database/schema.js';
import { canonicalAddress } from './asset-fields.js';
import { MAX_TAGS, type AssetChangesDto, type AssetFieldsDto } from './asset-write.dto.js';
import { InventoryError } from './inventory-error.js';

export type AssetRow = typeof assets.$inferSelect;
/** Everything of an asset that people decide; the rest (id, tenant, version, times, search text) follows. */
export type AssetValues = Omit<AssetRow, 'id' | 'tenantId' | 'searchText' | 'version' | 'createdAt' | 'updatedAt'>;

const EMPTY: Omit<AssetValues, 'hostname'> = {
  ipAddress: null, os: null, environment: null, status: 'active', location: null, tags: [], attributes: {},
  protocol: null, port: null, credentialId: null, hostKey: null, hostKeyPolicy: null,
  tls: null, tlsCa: null, tlsFingerprint: null, jumpHostId: null,
};

/** The values of a new asset. */
export function newValues(given: AssetFieldsDto & { hostname: string }): AssetValues {
  return changedValues({ ...EMPTY, hostname: given.hostname }, given);
}

/**
 * The values after a change: what is given replaces, null clears, what is left out stays. A jump host may still stand as a host name
 * in `jumpHostId`; ./jump-hosts makes it an id before anything is written.
 * @throws InventoryError `invalid` when there would be too many tags.
 */
export function changedValues(old: AssetValues, given: AssetChangesDto): AssetValues {
  return {
    hostname: given.hostname ?? old.hostname,
    ipAddress: kept(given.ip_address ? canonicalAddress(given.ip_address) : given.ip_address, old.ipAddress),
    os: kept(given.os, old.os),
    environment: kept(given.environment?.toLowerCase() ?? given.environment, old.environment),
    status: given.status ?? old.status,
    location: kept(given.location, old.location),
    tags: changedTags(old.tags, given),
    attributes: given.attributes === undefined ? old.attributes : given.attributes ?? {},
    protocol: kept(given.protocol, old.protocol),
    port: kept(given.port, old.port),
    credentialId: kept(given.credential_id, old.credentialId),
    hostKey: kept(given.host_key, old.hostKey),
    hostKeyPolicy: kept(given.host_key_policy, old.hostKeyPolicy),
    tls: kept(given.tls, old.tls),
    tlsCa: kept(given.tls_ca, old.tlsCa),
    tlsFingerprint: kept(given.tls_fingerprint?.replaceAll(':', '').toLowerCase() ?? given.tls_fingerprint, old.tlsFingerprint),
    jumpHostId: kept(given.jump_host?.toLowerCase() ?? given.jump_host, old.jumpHostId),
  };
}

/** Whether two assets say the same. */
export function sameValues(a: AssetValues, b: AssetValues): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

export function valuesOf(row: AssetRow): AssetValues {
  const { hostname, ipAddress, os, environment, status, location, tags, attributes, protocol, port, credentialId, hostKey, hostKeyPolicy, tls, tlsCa, tlsFingerprint, jumpHostId } = row;
  return { hostname, ipAddress, os, environment, status, location, tags, attributes, protocol, port, credentialId, hostKey, hostKeyPolicy, tls, tlsCa, tlsFingerprint, jumpHostId };
}

/** Lower-case text in which a search looks for its words; fields are parted by line ends, so that no word spans two. */
export function searchTextOf(v: AssetValues): string {
  return [v.hostname, v.ipAddress, v.os, v.location, ...v.tags].filter((t) => t !== null).join('\n').toLowerCase();
}

function kept<T>(given: T | null | undefined, old: T | null): T | null {
  return given === undefined ? old : given;
}

function changedTags(old: readonly string[], given: AssetChangesDto): string[] {
  const lower = (tags: readonly string[] | null | undefined): string[] => (tags ?? []).map((t) => t.toLowerCase());
  const removed = new Set(lower(given.remove_tags));
  const base = given.tags === undefined ? old : lower(given.tags);
  const tags = [...new Set([...base, ...lower(given.add_tags)])].filter((t) => !removed.has(t)).sort();
  if (tags.length > MAX_TAGS) throw new InventoryError('invalid', `an asset has at most ${MAX_TAGS} tags`);
  return tags;
}
