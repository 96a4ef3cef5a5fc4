import { rootCertificates } from 'node:tls';
import { checkOptions, checkShellOptions } from './check-options.js';
import type { ConnectOptions } from './connect-options.js';
import { connectWinRm, runOverWinRm } from './index.js';
import { createShell } from './wsman/bodies.js';

const GOOD: ConnectOptions = { host: 'pc', auth: { kind: 'ntlm', username: 'u', password: 'p' } };
const CA = rootCertificates[0] ?? '';
const broken = CA.replace(/\n.{20}/, '\nAAAAAAAAAAAAAAAAAAAA');

it.each<[string, object, ErrorConstructor]>([
  ['host', { host: '' }, TypeError],
  ['host', { host: undefined }, TypeError],
  ['host', { host: 7 }, TypeError],
  ['transport', { transport: 'ssh' }, TypeError],
  ['port', { port: '5986' }, TypeError],
  ['port', { port: 0 }, RangeError],
  ['port', { port: 65_536 }, RangeError],
  ['port', { port: 1.5 }, RangeError],
  ['auth', { auth: undefined }, TypeError],
  ['auth.kind', { auth: { kind: 'kerberos', username: 'u', password: 'p' } }, TypeError],
  ['auth.kind', { auth: { kind: 'toString' } }, TypeError],
  ['auth.username', { auth: { kind: 'ntlm', password: 'p' } }, TypeError],
  ['auth.password', { auth: { kind: 'basic', username: 'u' } }, TypeError],
  ['auth.username', { auth: { kind: 'basic', username: 'a:b', password: 'p' } }, TypeError],
  ['auth.wrapping', { auth: { kind: 'ntlm', username: 'u', password: 'p', wrapping: 'gss' } }, TypeError],
  ['auth.cert', { auth: { kind: 'certificate', cert: '', key: 'k' } }, TypeError],
  ['auth.key', { auth: { kind: 'certificate', cert: 'c', key: 1 } }, TypeError],
  ['auth.passphrase', { auth: { kind: 'certificate', cert: 'c', key: 'k', passphrase: 1 } }, TypeError],
  ['tls', { tls: 'x' }, TypeError],
  ['tls.ca', { tls: { ca: '' } }, TypeError],
  ['tls.ca', { tls: { ca: [] } }, TypeError],
  ['tls.ca', { tls: { ca: 'no PEM' } }, TypeError],
  ['tls.ca', { tls: { ca: broken } }, TypeError],
  ['tls.ca', { tls: { ca: `${CA}\n${broken}` } }, TypeError],
  ['tls.ca[1]', { tls: { ca: [CA, ''] } }, TypeError],
  ['tls.ca', { tls: { ca: Buffer.from(CA) } }, TypeError],
  ['tls.fingerprint256', { tls: { fingerprint256: 'AA:BB' } }, TypeError],
  ['tls.servername', { tls: { servername: '' } }, TypeError],
  ['connectTimeoutMs', { connectTimeoutMs: '5' }, TypeError],
  ['connectTimeoutMs', { connectTimeoutMs: -1 }, RangeError],
  ['connectTimeoutMs', { connectTimeoutMs: Infinity }, RangeError],
  ['connectTimeoutMs', { connectTimeoutMs: 2_147_473_648 }, RangeError],
  ['operationTimeoutMs', { operationTimeoutMs: Number.NaN }, RangeError],
  ['operationTimeoutMs', { operationTimeoutMs: 2_592_000_000 }, RangeError],
  ['maxEnvelopeBytes', { maxEnvelopeBytes: 100 }, RangeError],
  ['signal', { signal: {} }, TypeError],
  ['shell.codepage', { shell: { codepage: 'utf-8' } }, TypeError],
])('%s in %j is refused by its name, before anything is connected', async (name, options, error) => {
  const all = { ...GOOD, ...options } as ConnectOptions;
  const said = expect.objectContaining({ name: error.name, message: expect.stringContaining(`${name} m`) as string }) as Error;
  expect(() => checkOptions(all)).toThrow(said);
  await expect(connectWinRm(all)).rejects.toThrow(said);
  await expect(runOverWinRm({ ...all, command: 'x' })).rejects.toThrow(said);
});

it.each<[string, object, ErrorConstructor]>([
  ['workingDirectory', { workingDirectory: '' }, TypeError],
  ['env', { env: [] }, TypeError],
  ['env.A', { env: { A: 1 } }, TypeError],
  ['text', { env: { A: '\0' } }, RangeError],
  ['codepage', { codepage: 70_000 }, RangeError],
  ['noProfile', { noProfile: 'no' }, TypeError],
  ['idleTimeoutMs', { idleTimeoutMs: 2_592_000_000 }, RangeError],
  ['signal', { signal: 1 }, TypeError],
])('%s in the shell options %j is refused', (name, options, error) => {
  const said = expect.objectContaining({ name: error.name, message: expect.stringContaining(`${name} `) as string }) as Error;
  expect(() => checkShellOptions(options)).toThrow(said);
  expect(() => createShell(options)).toThrow(said);
});

it.each<[Partial<ConnectOptions>]>([
  [{}], [{ port: 1, connectTimeoutMs: 0, operationTimeoutMs: 2_147_473_647, maxEnvelopeBytes: 32_768, signal: new AbortController().signal }],
  [{ tls: { ca: CA } }], [{ tls: { ca: [`# a comment\n${CA}\n${CA}`, rootCertificates[1] ?? ''], servername: 'pc' } }], [{ transport: 'http' }],
  [{ auth: { kind: 'basic', username: 'u', password: '' } }], [{ auth: { kind: 'certificate', cert: 'c', key: 'k', passphrase: '' } }],
])('%j is taken', (options) => {
  expect(() => checkOptions({ ...GOOD, ...options })).not.toThrow();
});

it('options that are there but undefined are left out', () => {
  const absent = { transport: undefined, port: undefined, tls: undefined, connectTimeoutMs: undefined, operationTimeoutMs: undefined, maxEnvelopeBytes: undefined, signal: undefined, shell: undefined };
  expect(() => checkOptions({ ...GOOD, ...absent } as unknown as ConnectOptions)).not.toThrow();
  expect(() => checkShellOptions({ env: undefined, signal: undefined } as never)).not.toThrow();
});

it('no refusal shows a value', () => {
  const auth = { kind: 'ntlm', username: ['opsmesh-secret'], password: 'opsmesh-secret' };
  expect(() => checkOptions({ ...GOOD, auth } as never)).toThrow(expect.objectContaining({ message: 'auth.username must be a string' }) as Error);
});
