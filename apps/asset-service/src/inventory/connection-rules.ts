import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Executor } from '../database/database.js';
import { credentials } from '../database/schema.js';
import { InventoryError } from './inventory-error.js';
import type { AssetValues } from './asset-values.js';
import type { AssetWrite } from './asset.repository.js';

/** What the inventory has to know of a credential. */
export interface CredentialFacts {
  readonly id: string;
  readonly kind: string;
  readonly assetId: string | null;
}

/** Members that only WinRM has. */
const TLS = ['tls', 'tlsCa', 'tlsFingerprint'] as const;

/**
 * The values with the protocol of their credential when they name none.
 * @throws InventoryError `invalid` when the credential is unknown to the tenant, is of another kind, or belongs to another asset, or when the
 * values say something of TLS that makes no sense.
 */
export function withConnection(write: AssetWrite, known: ReadonlyMap<string, CredentialFacts>): AssetWrite {
  const { id, values } = write;
  if (values.protocol === 'ssh' && TLS.some((t) => values[t] !== null)) throw new InventoryError('invalid', `${values.hostname}: tls, tls_ca and tls_fingerprint are for winrm`);
  if (values.tls === false && (values.tlsCa !== null || values.tlsFingerprint !== null)) throw new InventoryError('invalid', `${values.hostname}: tls_ca and tls_fingerprint are of use with tls only`);
  if (values.credentialId === null) return write;
  const credential = known.get(values.credentialId.toLowerCase());
  if (!credential) throw new InventoryError('invalid', `${values.hostname}: there is no credential ${values.credentialId}`);
  if (credential.assetId !== null && credential.assetId !== id) throw new InventoryError('invalid', `${values.hostname}: credential ${credential.id} may be used for another asset only`);
  const protocol = values.protocol ?? credential.kind;
  if (protocol !== credential.kind) throw new InventoryError('invalid', `${values.hostname}: the protocol is ${protocol} but credential ${credential.id} is for ${credential.kind}`);
  return { id, values: { ...values, protocol } };
}

/** The tenant's credentials that these assets name, by id. */
export async function credentialFacts(db: Executor, tenantId: string, values: readonly AssetValues[]): Promise<Map<string, CredentialFacts>> {
  const ids = [...new Set(values.flatMap((v) => v.credentialId ?? []))];
  if (ids.length === 0) return new Map();
  const rows = await db.select({ id: credentials.id, kind: credentials.kind, assetId: credentials.assetId }).from(credentials).where(and(eq(credentials.tenantId, tenantId), inArray(credentials.id, ids)));
  return new Map(rows.map((r) => [r.id, r]));
}

/** The versions of the tenant's credentials, by id. */
export async function credentialVersions(db: Executor, tenantId: string, ids: readonly string[]): Promise<Map<string, number>> {
  if (ids.length === 0) return new Map();
  const rows = await db.select({ id: credentials.id, version: credentials.version }).from(credentials)
    .where(and(eq(credentials.tenantId, tenantId), sql`${credentials.id} = any(${sql.param([...new Set(ids)])}::uuid[])`));
  return new Map(rows.map((r) => [r.id, r.version]));
}
