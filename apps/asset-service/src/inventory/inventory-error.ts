/** Why the inventory or the vault did not do what it was asked; nothing was changed. */
export type InventoryErrorCode = 'invalid' | 'not-found' | 'conflict';

/** Thrown inside a transaction, so that it is rolled back, and translated at the two borders: HTTP and tools. The message is for people and holds no secret. */
export class InventoryError extends Error {
  override readonly name = 'InventoryError';

  constructor(readonly code: InventoryErrorCode, message: string) {
    super(message);
  }
}
