import { createHash, generateKeyPairSync } from 'node:crypto';
import { LeaseAnswerDto, ToolFailure, validate, type Credential } from '@opsmesh/contracts';
import { compactDecrypt } from 'jose';

/** A key pair for one lease; its private half never leaves the process and is gone with the attempt. */
export interface LeaseKey {
  /** RFC 7638 thumbprint of the public half. */
  readonly thumbprint: string;
  /** The public half, a JWK as JSON text. */
  readonly publicKey: string;
  /**
   * The credential in the answer to a lease.
   * @throws ToolFailure `credential-unavailable`
   */
  open(answer: unknown): Promise<Credential>;
}

const DECRYPT = { keyManagementAlgorithms: ['ECDH-ES'], contentEncryptionAlgorithms: ['A256GCM'] };

export function makeLeaseKey(): LeaseKey {
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  const { crv, kty, x } = publicKey.export({ format: 'jwk' });
  // The members that RFC 7638 takes for such a key (RFC 8037, 2), in its order.
  const jwk = JSON.stringify({ crv, kty, x });
  return {
    thumbprint: createHash('sha256').update(jwk).digest('base64url'),
    publicKey: jwk,
    open: async (answer) => {
      try {
        const { plaintext } = await compactDecrypt(validate(LeaseAnswerDto, answer).sealed, privateKey, DECRYPT);
        const credential: unknown = JSON.parse(new TextDecoder().decode(plaintext));
        if (isCredential(credential)) return credential;
      } catch {
        // The error could repeat a part of the secret.
      }
      throw new ToolFailure('credential-unavailable', 'the credential that the asset service sent could not be opened');
    },
  };
}

function isCredential(value: unknown): value is Credential {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, username, password, privateKey, passphrase, useAgent, sudoPassword, certificate } = value as Record<string, unknown>;
  if (typeof username !== 'string' || ![password, privateKey, passphrase, sudoPassword, certificate].every((v) => v === undefined || typeof v === 'string')) return false;
  switch (kind) {
    case 'ssh': return useAgent === undefined || typeof useAgent === 'boolean';
    case 'winrm': return password !== undefined || (certificate !== undefined && privateKey !== undefined);
    default: return false;
  }
}
