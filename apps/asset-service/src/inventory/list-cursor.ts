import { HOSTNAME } from './asset-fields.js';
import { InventoryError } from './inventory-error.js';

/** The opaque `next` of a page: the host name after which the following page begins. */
export function encodeCursor(hostname: string): string {
  return Buffer.from(hostname.toLowerCase()).toString('base64url');
}

/** @throws InventoryError `invalid` when the text is no cursor of ours. */
export function decodeCursor(cursor: string): string {
  const name = Buffer.from(cursor, 'base64url').toString();
  if (!HOSTNAME.test(name)) throw new InventoryError('invalid', 'cursor: not a cursor that was given out');
  return name;
}
