/** What a WS-Management fault says (DSP0226 section 14, MS-WSMV 2.2.4.43). Codes stay text as they came, save `code`. */
export interface WsManFault {
  /** The `WSManFault` detail's Code, such as 2150858793; undefined when the fault has no such detail. */
  readonly code: number | undefined;
  /** SOAP code without its prefix: `Sender` or `Receiver`. */
  readonly soapCode: string;
  /** SOAP subcode without its prefix, such as `TimedOut`, `InvalidSelectors`, `QuotaLimit`; empty when absent. */
  readonly subcode: string;
  /** The reason in the host's words; never used to decide anything. */
  readonly reason: string;
}

/**
 * Stable codes of everything that can fail.
 * - `unreachable`: no connection could be made (refused, no route, unknown name, connect deadline). Nothing was sent.
 * - `tls-untrusted`: the certificate is not signed by the CA, not for the name, or not the pinned one. No credential was sent.
 * - `auth-failed`: the host refused the credential, or offers no way to log in that we have.
 * - `protocol`: the host answered something that WinRM does not say (not sealed, not XML, too large).
 * - `fault`: a WS-Management fault that has no code of its own here; see `fault`.
 * - `quota`: a limit of the host (shells, operations, users); see `fault.code`.
 * - `shell-stale`: the host does not know the shell or the command any more.
 * - `timed-out`: one of our deadlines; `message` says which.
 * - `cancelled`: the caller's signal was aborted.
 * - `connection-lost`: the connection ended, or stayed without an answer, after it had been made.
 * - `consumer-failed`: the caller's own output callback threw or rejected; `cause` is what it threw.
 */
export type WinRmErrorCode =
  | 'unreachable' | 'tls-untrusted' | 'auth-failed' | 'protocol' | 'fault' | 'quota' | 'shell-stale'
  | 'timed-out' | 'cancelled' | 'connection-lost' | 'consumer-failed';

/** The one error of this package for what happens on the way to a host. Misuse by the caller is a TypeError or RangeError. Never holds a secret. */
export class WinRmError extends Error {
  override readonly name = 'WinRmError';
  /** Set for `fault`, `quota`, `shell-stale`. */
  readonly fault: WsManFault | undefined;

  constructor(readonly code: WinRmErrorCode, message: string, detail: { fault?: WsManFault; cause?: unknown } = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.fault = detail.fault;
  }
}

/** `unknown` as a WinRmError: itself, or `fallback` with the unknown thing as its cause. */
export function toWinRmError(thrown: unknown, fallback: WinRmErrorCode): WinRmError {
  if (thrown instanceof WinRmError) return thrown;
  return new WinRmError(fallback, thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown });
}
