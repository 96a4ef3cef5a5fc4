import { createHash } from 'node:crypto';
import { readDer } from '../spnego/der.js';

/** Signature algorithms whose hash is stronger than SHA-256, by DER content of their identifier. */
const HASH_OF: Readonly<Record<string, string>> = {
  '2a864886f70d01010c': 'sha384', // sha384WithRSAEncryption
  '2a864886f70d01010d': 'sha512', // sha512WithRSAEncryption
  '2a8648ce3d040303': 'sha384', // ecdsa-with-SHA384
  '2a8648ce3d040304': 'sha512', // ecdsa-with-SHA512
};

/** Hash of a DER certificate for `tls-server-end-point` (RFC 5929 4.1): the hash of its signature, SHA-256 in place of MD5 and SHA-1. */
export function endPointHash(certificate: Buffer): Buffer {
  const [whole] = readDer(certificate);
  const algorithm = whole && readDer(whole.value)[1];
  const oid = algorithm && readDer(algorithm.value)[0];
  return createHash(HASH_OF[oid?.value.toString('hex') ?? ''] ?? 'sha256').update(certificate).digest();
}
