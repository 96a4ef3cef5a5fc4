import type { Credential } from '@opsmesh/contracts';
import type { Protocol } from '../inventory/asset-fields.js';
import { InventoryError } from '../inventory/inventory-error.js';
import type { CredentialSecretDto } from './credential.dto.js';

/**
 * The credential that a body means.
 * @throws InventoryError `invalid` when it lacks what its kind needs or has what its kind can't use. Values are not repeated.
 */
export function credentialOf(kind: Protocol, given: CredentialSecretDto): Credential {
  const { username, password, privateKey, passphrase, useAgent, sudoPassword, certificate } = given;
  if (passphrase !== undefined && privateKey === undefined) throw new InventoryError('invalid', 'a passphrase is of use with a privateKey only');
  switch (kind) {
    case 'ssh':
      if (password === undefined && privateKey === undefined && useAgent !== true) throw new InventoryError('invalid', 'an ssh credential needs a password, a privateKey or useAgent');
      if (certificate !== undefined) throw new InventoryError('invalid', 'an ssh credential has no certificate');
      return present({ kind, username, password, privateKey, passphrase, useAgent, sudoPassword });
    case 'winrm':
      if ((password === undefined) === (certificate === undefined)) throw new InventoryError('invalid', 'a winrm credential needs a password or a certificate, and not both');
      if ((certificate === undefined) !== (privateKey === undefined)) throw new InventoryError('invalid', 'a certificate and a privateKey go together in a winrm credential');
      if (useAgent !== undefined || sudoPassword !== undefined) throw new InventoryError('invalid', 'a winrm credential has no useAgent and no sudoPassword');
      return present({ kind, username, password, certificate, privateKey, passphrase });
  }
}

type Given<T> = { [K in keyof T]: T[K] | undefined };

/** Without the members that were left out. */
function present<T extends Credential>(credential: Given<T>): T {
  return Object.fromEntries(Object.entries(credential).filter(([, value]) => value !== undefined)) as T;
}
