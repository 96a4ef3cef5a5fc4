/** Why there is no connection. `again`: nothing but the transport failed, before authentication, so another try may succeed. */
export class ConnectFailure extends Error {
  override readonly name = 'ConnectFailure';

  constructor(readonly kind: 'unreachable' | 'auth-failed' | 'hostkey-mismatch', message: string, readonly again = false) {
    super(message);
  }
}
