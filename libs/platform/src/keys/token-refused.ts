/** A token or grant that is not valid: wrong signature, expired, or meant for somebody else. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';
}
