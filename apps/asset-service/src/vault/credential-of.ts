import type { Credential } from '@opsmesh/contracts';
import type { Protocol } from '../inventory/asset-fields.js';
import { InventoryError } from '../inventory/inventory-error.js';
import type { CredentialSecretDto } from './credential.dto.js';

/**
 * The credential that a body means.
 * @throws InventoryError `invalid` when it lacks what its kind needs or has what its kind can't use. Values are not repeated.
 */
export function credentialOf(kind: Protocol, given: CredentialSecretDto): Credential {
  const { username, password, privateKey, passphrase } = given;
  switch (kind) {
    case 'ssh':
      if (password === undefined && privateKey === undefined) throw new InventoryError('invalid', 'an ssh credential needs a password or a privateKey');
      if (passphrase !== undefined && privateKey === undefined) throw new InventoryError('invalid', 'a passphrase is of use with a privateKey only');
      return { kind, username, ...(password === undefined ? {} : { password }), ...(privateKey === undefined ? {} : { privateKey }), ...(passphrase === undefined ? {} : { passphrase }) };
    case 'winrm':
      if (password === undefined) throw new InventoryError('invalid', 'a winrm credential needs a password');
      if (privateKey !== undefined || passphrase !== undefined) throw new InventoryError('invalid', 'a winrm credential has no privateKey and no passphrase');
      return { kind, username, password };
  }
}
