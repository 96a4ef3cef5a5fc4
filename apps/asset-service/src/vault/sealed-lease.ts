import type { Credential } from '@opsmesh/contracts';
import { calculateJwkThumbprint, CompactEncrypt, importJWK, type JWK } from 'jose';

/** A worker's one-use public key: JWK, OKP on X25519 (RFC 8037). */
export interface WorkerKey {
  readonly jwk: JWK;
  /** RFC 7638, SHA-256, base64url. */
  readonly thumbprint: string;
}

/** The key in a text, or undefined when the text is no such key. Only its public members are kept. */
export async function readWorkerKey(text: string): Promise<WorkerKey | undefined> {
  try {
    const { kty, crv, x } = JSON.parse(text) as JWK;
    if (kty !== 'OKP' || crv !== 'X25519' || typeof x !== 'string' || !/^[A-Za-z0-9_-]{43}$/.test(x)) return undefined;
    const jwk = { kty, crv, x };
    return { jwk, thumbprint: await calculateJwkThumbprint(jwk, 'sha256') };
  } catch {
    return undefined;
  }
}

/** The credential as a compact JWE (ECDH-ES, A256GCM) that only the holder of the key's private half can open. */
export async function sealTo(key: WorkerKey, credential: Credential): Promise<string> {
  return new CompactEncrypt(Buffer.from(JSON.stringify(credential))).setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM' }).encrypt(await importJWK(key.jwk, 'ECDH-ES'));
}
