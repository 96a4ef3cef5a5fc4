import type { ConnectOptions } from './connect-options.js';

/** @throws TypeError, RangeError for options that could not be safe, or could not work. */
export function checkOptions(options: ConnectOptions): void {
  const { auth, tls, transport = 'https', port, host } = options;
  if (host === '') throw new TypeError('host is empty');
  if (transport === 'http' && auth.kind !== 'ntlm') throw new TypeError(`${auth.kind} is for https only: plain http would show it`);
  if (transport === 'http' && tls !== undefined) throw new TypeError('tls is for https only');
  if (port !== undefined && (!Number.isInteger(port) || port < 1 || port > 65_535)) throw new RangeError('port is a number from 1 to 65535');
  if (auth.kind === 'basic' && auth.username.includes(':')) throw new TypeError('a user name for basic may not hold a colon');
  if (tls?.fingerprint256 !== undefined && !/^(?:[0-9a-f]{2}:?){31}[0-9a-f]{2}$/i.test(tls.fingerprint256)) {
    throw new TypeError('fingerprint256 is 32 bytes in hex');
  }
}
