import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Credential } from '@opsmesh/contracts';

/*
 * Envelope encryption, AES-256-GCM in both layers.
 * 1. Each version of a credential has a random data key of its own, used once.
 * 2. The data key is sealed by the vault key; the vault key seals nothing else.
 * 3. Both layers are bound (additional data) to tenant, owner, credential and version, so that a sealed value copied to another row,
 *    tenant or version does not open.
 * A sealed value is: format (1 byte), iv (12), tag (16), ciphertext.
 */

/** What a sealed credential belongs to. `assetId` is the one asset it may be used for, null for a shared credential. */
export interface SealBinding {
  readonly tenantId: string;
  readonly credentialId: string;
  readonly assetId: string | null;
  readonly version: number;
}

export interface Envelope {
  readonly sealedKey: Buffer;
  readonly sealed: Buffer;
}

/** The value was changed, belongs elsewhere, or was sealed by another key; which of them can't be told. */
export class EnvelopeBroken extends Error {
  override readonly name = 'EnvelopeBroken';

  constructor() {
    super('the sealed credential does not open');
  }
}

export function sealCredential(credential: Credential, binding: SealBinding, vaultKey: Buffer): Envelope {
  const dataKey = randomBytes(32);
  try {
    const sealed = seal(Buffer.from(JSON.stringify(credential)), dataKey, boundTo('credential', binding));
    return { sealed, sealedKey: seal(dataKey, vaultKey, boundTo('data-key', binding)) };
  } finally {
    dataKey.fill(0);
  }
}

/** @throws EnvelopeBroken */
export function openCredential(envelope: Envelope, binding: SealBinding, vaultKey: Buffer): Credential {
  const dataKey = open(envelope.sealedKey, vaultKey, boundTo('data-key', binding));
  try {
    return JSON.parse(open(envelope.sealed, dataKey, boundTo('credential', binding)).toString()) as Credential;
  } finally {
    dataKey.fill(0);
  }
}

const FORMAT = 1;
const IV = 12;
const TAG = 16;

/** JSON, so that no two bindings give the same bytes. */
function boundTo(layer: 'data-key' | 'credential', { tenantId, assetId, credentialId, version }: SealBinding): Buffer {
  return Buffer.from(JSON.stringify(['opsmesh-vault-1', layer, tenantId, assetId, credentialId, version]));
}

function seal(plain: Buffer, key: Buffer, bound: Buffer): Buffer {
  const iv = randomBytes(IV);
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: TAG }).setAAD(bound);
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([Buffer.from([FORMAT]), iv, cipher.getAuthTag(), body]);
}

function open(sealed: Buffer, key: Buffer, bound: Buffer): Buffer {
  if (sealed.length < 1 + IV + TAG || sealed[0] !== FORMAT) throw new EnvelopeBroken();
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, 1 + IV), { authTagLength: TAG }).setAAD(bound).setAuthTag(sealed.subarray(1 + IV, 1 + IV + TAG));
    return Buffer.concat([decipher.update(sealed.subarray(1 + IV + TAG)), decipher.final()]);
  } catch {
    throw new EnvelopeBroken();
  }
}
