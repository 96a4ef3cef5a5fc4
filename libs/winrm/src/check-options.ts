import { X509Certificate } from 'node:crypto';
import type { BasicCredential, CertificateCredential, ConnectOptions, NtlmCredential, TlsTrust, WinRmCredential } from './connect-options.js';
import { abortSignal, checkMembers, filledText, flag, integer, isObject, MAX_TIMER_MS, milliseconds, object, oneOf, optional, type Rule, type RulesOf, text } from './option-rules.js';
import type { ShellOptions } from './shell-options.js';
import { escapeXml } from './xml/document.js';

/** A request's own timer is longer than the operation timeout, by 10 s. */
const MAX_TIMEOUT_MS = MAX_TIMER_MS - 10_000;
/** The smallest envelope that may be asked for (DSP0226, `MaxEnvelopeSize`). */
const MIN_ENVELOPE_BYTES = 8192;
const CERTIFICATES = /-----BEGIN ((?:X509 |TRUSTED )?CERTIFICATE)-----[^]*?-----END \1-----/g;

/** One certificate at least, and each readable: of others, Node would take no notice. */
const certificates: Rule = (name, value) => {
  const found = typeof value === 'string' ? value.match(CERTIFICATES) ?? [] : [];
  if (found.length === 0 || !found.every(isCertificate)) throw new TypeError(`${name} must be the PEM of certificates`);
};

const trusted: Rule = (name, value) => {
  if (!Array.isArray(value)) return certificates(name, value);
  if (value.length === 0) throw new TypeError(`${name} must be the PEM of certificates`);
  value.forEach((one, i) => certificates(`${name}[${i}]`, one));
};

const fingerprint: Rule = (name, value) => {
  if (typeof value !== 'string' || !/^(?:[0-9a-f]{2}:?){31}[0-9a-f]{2}$/i.test(value)) throw new TypeError(`${name} must be 32 bytes in hex`);
};

const TLS: RulesOf<TlsTrust> = { ca: optional(trusted), fingerprint256: optional(fingerprint), servername: optional(filledText) };

const basicName: Rule = (name, value) => {
  text(name, value);
  if ((value as string).includes(':')) throw new TypeError(`${name} may hold no colon for basic`);
};

type AuthRules = { readonly [Kind in WinRmCredential['kind']]: Readonly<Record<string, Rule>> };
const AUTH = {
  ntlm: { kind: text, username: text, password: text, wrapping: optional(oneOf('raw', 'spnego')) } satisfies RulesOf<NtlmCredential>,
  basic: { kind: text, username: basicName, password: text } satisfies RulesOf<BasicCredential>,
  certificate: { kind: text, cert: filledText, key: filledText, passphrase: optional(text) } satisfies RulesOf<CertificateCredential>,
} satisfies AuthRules;

const credential: Rule = (name, value) => {
  if (!isObject(value)) throw new TypeError(`${name} must be an object`);
  oneOf(...Object.keys(AUTH))(`${name}.kind`, value['kind']);
  checkMembers(value, AUTH[value['kind'] as WinRmCredential['kind']], `${name}.`);
};

const environment: Rule = (name, value) => {
  if (!isObject(value)) throw new TypeError(`${name} must be an object`);
  for (const [variable, one] of Object.entries(value)) {
    text(`${name}.${variable}`, one);
    escapeXml(variable + String(one));
  }
};

const folder: Rule = (name, value) => {
  filledText(name, value);
  escapeXml(value as string);
};

const SHELL: RulesOf<ShellOptions> = {
  workingDirectory: optional(folder),
  env: optional(environment),
  codepage: optional(integer(0, 65_535)),
  noProfile: optional(flag),
  idleTimeoutMs: optional(milliseconds(MAX_TIMER_MS)),
  signal: optional(abortSignal),
};

const CONNECT: RulesOf<ConnectOptions & { readonly shell?: ShellOptions }> = {
  host: filledText,
  transport: optional(oneOf('https', 'http')),
  port: optional(integer(1, 65_535)),
  tls: optional(object(TLS)),
  auth: credential,
  connectTimeoutMs: optional(milliseconds(MAX_TIMEOUT_MS)),
  operationTimeoutMs: optional(milliseconds(MAX_TIMEOUT_MS)),
  maxEnvelopeBytes: optional(integer(MIN_ENVELOPE_BYTES, Number.MAX_SAFE_INTEGER)),
  signal: optional(abortSignal),
  shell: optional(object(SHELL)),
};

/** @throws TypeError, RangeError for options that could not be safe, or could not work. */
export function checkOptions(options: ConnectOptions & { readonly shell?: ShellOptions }): void {
  checkMembers(options, CONNECT);
  const { auth, tls, transport } = options;
  if (transport !== 'http') return;
  if (auth.kind !== 'ntlm') throw new TypeError(`${auth.kind} is for https only: plain http would show it`);
  if (tls !== undefined) throw new TypeError('tls is for https only');
}

/** @throws TypeError, RangeError for what no shell can be opened with. */
export function checkShellOptions(options: ShellOptions): void {
  checkMembers(options, SHELL);
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
