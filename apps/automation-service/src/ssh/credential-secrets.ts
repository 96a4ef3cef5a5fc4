import type { Hop } from './connect.js';

/** What of the credentials on a way must appear in no output. The user names are no secrets. */
export function secretsOf(hops: readonly Pick<Hop, 'credential'>[]): string[] {
  return hops.flatMap(({ credential: { password, privateKey, passphrase, sudoPassword } }) => [password, privateKey, passphrase, sudoPassword]).filter((s) => s !== undefined);
}
