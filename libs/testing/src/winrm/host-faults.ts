import type { WsmanAction } from './wsman-request.js';

/** What goes wrong on a simulated Windows host; tests change it while it runs. */
export interface WindowsFaults {
  /** Every credential is refused. */
  refuseAuth?: boolean;
  /** Requests of these kinds are answered with 401, whatever the connection was before. */
  unauthorizedOn?: readonly WsmanAction[];
  /** The connection is reset when such a request has arrived. What it asked for is done before where `resetAfter` says so. */
  resetOn?: readonly WsmanAction[];
  /** With `resetOn`: the request is carried out, only its answer is lost. */
  resetAfter?: boolean;
  /** Such requests are never answered. */
  silentOn?: readonly WsmanAction[];
  /** Time before each answer, in milliseconds. */
  delayMs?: number;
  /** Every shell is unknown: fault 2150858843. */
  staleShell?: boolean;
  /** `shells`: Create fails with 2150859173; `operations`: Create and Command fail with 2150859174. */
  quota?: 'shells' | 'operations';
  /** Such requests fail with an internal error and change nothing. */
  failOn?: readonly WsmanAction[];
  /** Receive ends with the operation timeout fault after this time at the latest, in milliseconds. */
  operationTimeoutMs?: number;
  /** Sealed requests get plain answers. */
  plainAnswers?: boolean;
  /** One bit of each sealed answer is changed. */
  tamper?: boolean;
}
