import { createHash } from 'node:crypto';
import type { Credential } from '@opsmesh/contracts';
import { CompactEncrypt, importJWK, type JWK } from 'jose';

/** A worker's one-use public key: JWK, OKP on X25519 (RFC 8037). */
export interface WorkerKey {
  readonly jwk: JWK;
  /** RFC 7638, SHA-256, base64url. */
  readonly thumbprint: string;
}

/** The key in a text, or undefined when the text is no such key. Only its public members are kept. */
export function readWorkerKey(text: string): WorkerKey | undefined {
  try {
    const { kty, crv, x } = JSON.parse(text) as JWK;
    if (kty !== 'OKP' || crv !== 'X25519' || typeof x !== 'string' || !/^[A-Za-z0-9_-]{43}$/.test(x)) return undefined;
    // RFC 7638 takes the members in this order.
    const jwk = { crv, kty, x };
    return { jwk, thumbprint: createHash('sha256').update(JSON.stringify(jwk)).digest('base64url') };
  } catch {
    return undefined;
  }
}

/** The credential as a compact JWE (ECDH-ES, A256GCM) that only the holder of the key's private half can open. */
export async function sealTo(key: WorkerKey, credential: Credential): Promise<string> {
  return new CompactEncrypt(Buffer.from(JSON.stringify(credential))).setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM' }).encrypt(await importJWK(key.jwk, 'ECDH-ES'));
}
