import type { Principal } from './principal.js';

/** Knows whose API token a text is. It says nothing of scopes being enough: the guard decides that. */
export interface TokenVerifier {
  /** @returns null when the token is unknown, revoked or expired. */
  verify(token: string): Promise<Principal | null>;
}

/** DI token of the {@link TokenVerifier}. */
export const TOKEN_VERIFIER = Symbol('opsmesh.token-verifier');
