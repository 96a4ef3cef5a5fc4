import { GRANT_SECONDS, type GrantClaims } from '@opsmesh/contracts';
import { importJWK, jwtVerify, SignJWT, type CryptoKey, type JWK, type JWTPayload } from 'jose';
import { StartError } from '../config/start-error.js';
import { TokenRefused } from './token-refused.js';

const ALGORITHM = 'EdDSA';
/** Keeps a grant from being taken for another kind of token that the same key might sign one day. */
const TYPE = 'opsmesh-grant+jwt';

/** Signs grants; only the orchestrator has one. */
export interface GrantSigner {
  sign(claims: GrantClaims): Promise<string>;
}

/** The public half of an Ed25519 private JWK, as it stands in `grant.pub`. */
export function publicHalf(privateJwk: JWK): JWK {
  const { kty, crv, x } = privateJwk;
  if (kty !== 'OKP' || crv !== 'Ed25519' || !x) throw new StartError('grant.key is not an Ed25519 key: remove grant.key and grant.pub and restart every process');
  return { kty, crv, x };
}

export async function grantKey(jwk: JWK): Promise<CryptoKey> {
  const key = await importJWK(jwk, ALGORITHM);
  if (key instanceof Uint8Array) throw new StartError('the grant key is not an Ed25519 key');
  return key;
}

/** The grant as a compact JWS. */
export function signGrant(claims: GrantClaims, key: CryptoKey): Promise<string> {
  return new SignJWT(claims as unknown as JWTPayload).setProtectedHeader({ alg: ALGORITHM, typ: TYPE }).sign(key);
}

/** @throws TokenRefused when signature, life or shape is wrong. */
export async function verifyGrant(jws: string, key: CryptoKey): Promise<GrantClaims> {
  const verified = await jwtVerify(jws, key, { algorithms: [ALGORITHM], typ: TYPE, requiredClaims: ['jti', 'exp', 'iat'] })
    .catch((e: unknown) => { throw new TokenRefused(e instanceof Error && 'code' in e && e.code === 'ERR_JWT_EXPIRED' ? 'the grant has expired' : 'the grant is not valid', { cause: e }); });
  const claims: unknown = verified.payload;
  if (!isGrantClaims(claims)) throw new TokenRefused('the grant lacks a claim');
  if (claims.exp - claims.iat > GRANT_SECONDS) throw new TokenRefused(`the grant lives longer than ${GRANT_SECONDS} s`);
  return claims;
}

type Check = (value: unknown) => boolean;
const text: Check = (v) => typeof v === 'string';
const texts: Check = (v) => Array.isArray(v) && v.every(text);
const textOrNull: Check = (v) => v === null || typeof v === 'string';
const integer: Check = (v) => Number.isInteger(v);

const CLAIMS: Record<keyof GrantClaims, Check> = {
  jti: text, attempt: text, exp: integer, iat: integer, tenant: text, worker: text, tool: text,
  targets: texts, via: texts, credentialIds: texts, inputSha256: text, keyThumbprint: text, manifestSha256: textOrNull, endpointsSha256: textOrNull,
};

function isGrantClaims(value: unknown): value is GrantClaims {
  return typeof value === 'object' && value !== null && Object.entries(CLAIMS).every(([name, check]) => check((value as Record<string, unknown>)[name]));
}
