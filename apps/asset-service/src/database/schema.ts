import { sql } from 'drizzle-orm';
import { boolean, check, customType, foreignKey, index, inet, integer, jsonb, pgSchema, primaryKey, text, timestamp, unique, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import type { PgTableExtraConfigValue } from 'drizzle-orm/pg-core';

/** The PostgreSQL schema of this service; nobody else reads it. */
export const assetsSchema = pgSchema('assets');

const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' });
const moment = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });

/** The inventory. `tags` and `environment` are kept in lower case; host names as typed, compared in lower case. */
export const assets = assetsSchema.table('assets', {
  id: uuid('id').primaryKey(),
  tenantId: text('tenant_id').notNull(),
  hostname: text('hostname').notNull(),
  ipAddress: inet('ip_address'),
  os: text('os'),
  environment: text('environment'),
  status: text('status').notNull().default('active'),
  location: text('location'),
  tags: text('tags').array().notNull().default(sql`'{}'::text[]`),
  attributes: jsonb('attributes').$type<Record<string, unknown>>().notNull().default({}),
  protocol: text('protocol'),
  port: integer('port'),
  credentialId: uuid('credential_id'),
  hostKey: text('host_key'),
  hostKeyPolicy: text('host_key_policy'),
  tls: boolean('tls'),
  /** PEM. */
  tlsCa: text('tls_ca'),
  /** SHA-256 of the certificate, hex in lower case. */
  tlsFingerprint: text('tls_fingerprint'),
  /** The asset through which this one is reached by SSH. */
  jumpHostId: uuid('jump_host_id'),
  /** Lower-case text of the searchable fields, written together with them. */
  searchText: text('search_text').notNull(),
  version: integer('version').notNull().default(1),
  createdAt: moment('created_at').notNull().defaultNow(),
  updatedAt: moment('updated_at').notNull().defaultNow(),
}, (t): PgTableExtraConfigValue[] => [
  uniqueIndex('assets_tenant_hostname').on(t.tenantId, sql`lower(${t.hostname})`),
  unique('assets_tenant_id').on(t.tenantId, t.id),
  index('assets_tenant_ip').on(t.tenantId, t.ipAddress),
  index('assets_tags').using('gin', t.tags),
  index('assets_attributes').using('gin', sql`${t.attributes} jsonb_path_ops`),
  index('assets_credential').on(t.credentialId),
  // The tenant is part of the key, so that an asset can't point at another tenant's credential.
  foreignKey({ name: 'assets_credential_fk', columns: [t.tenantId, t.credentialId], foreignColumns: [credentials.tenantId, credentials.id] }),
  index('assets_jump_host').on(t.jumpHostId),
  // Deferred (said in the migration): an import may name a jump host that it adds later.
  foreignKey({ name: 'assets_jump_host_fk', columns: [t.tenantId, t.jumpHostId], foreignColumns: [t.tenantId, t.id] }),
]);

/** The vault. `sealed` and `sealedKey` are the two layers of an envelope; nothing here is a secret in clear. */
export const credentials = assetsSchema.table('credentials', {
  id: uuid('id').primaryKey(),
  tenantId: text('tenant_id').notNull(),
  name: text('name').notNull(),
  kind: text('kind').notNull(),
  /** For people who choose a credential; the one that is used is inside the envelope. */
  username: text('username').notNull(),
  /** The one asset the credential may be used for, null for a shared one. */
  assetId: uuid('asset_id'),
  version: integer('version').notNull().default(1),
  /** Data key of this version under the vault key: iv, tag, ciphertext. */
  sealedKey: bytea('sealed_key').notNull(),
  /** The credential under its data key: iv, tag, ciphertext. */
  sealed: bytea('sealed').notNull(),
  createdAt: moment('created_at').notNull().defaultNow(),
  updatedAt: moment('updated_at').notNull().defaultNow(),
}, (t): PgTableExtraConfigValue[] => [
  unique('credentials_tenant_id').on(t.tenantId, t.id),
  unique('credentials_tenant_name').on(t.tenantId, t.name),
  index('credentials_asset').on(t.assetId),
  foreignKey({ name: 'credentials_asset_fk', columns: [t.tenantId, t.assetId], foreignColumns: [assets.tenantId, assets.id] }).onDelete('cascade'),
]);

/** One row: which vault key seals the credentials of this database. */
export const vaultMeta = assetsSchema.table('vault_meta', {
  id: integer('id').primaryKey(),
  /** HMAC-SHA256 of a constant under the vault key, hex. */
  keyCheck: text('key_check').notNull(),
  createdAt: moment('created_at').notNull().defaultNow(),
}, (t) => [check('vault_meta_one_row', sql`${t.id} = 1`)]);

/** Which credentials of which grants were handed out. A row may go once its grant has expired, since an expired grant is refused anyway. */
export const usedGrants = assetsSchema.table('used_grants', {
  jti: text('jti').notNull(),
  credentialId: text('credential_id').notNull(),
  usedAt: moment('used_at').notNull().defaultNow(),
  expiresAt: moment('expires_at').notNull(),
}, (t) => [primaryKey({ name: 'used_grants_pk', columns: [t.jti, t.credentialId] }), index('used_grants_expiry').on(t.expiresAt)]);

/** Who asked for which credential when, and what came of it. Kept for OPSMESH_RETENTION_DAYS. */
export const leaseAudit = assetsSchema.table('lease_audit', {
  id: uuid('id').primaryKey(),
  at: moment('at').notNull().defaultNow(),
  tenantId: text('tenant_id').notNull(),
  workerId: text('worker_id').notNull(),
  attemptId: text('attempt_id').notNull(),
  tool: text('tool').notNull(),
  credentialId: text('credential_id'),
  credentialVersion: integer('credential_version'),
  /** `granted`, or the code of the refusal. */
  outcome: text('outcome').notNull(),
}, (t) => [index('lease_audit_tenant_at').on(t.tenantId, t.at)]);
