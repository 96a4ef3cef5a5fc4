import { hash } from 'node:crypto';
import { canonicalJson } from '@opsmesh/contracts';

/** What claims, grants and manifests carry of a job's input: SHA-256 (hex) of its canonical JSON. A worker and the record say by it that they mean the same command. */
export function inputSha256(input: Readonly<Record<string, unknown>>): string {
  return hash('sha256', canonicalJson(input));
}
