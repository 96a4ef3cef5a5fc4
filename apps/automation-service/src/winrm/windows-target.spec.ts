import { ToolFailure, type ConnectionDto, type WinrmCredential } from '@opsmesh/contracts';
import { connectOptionsOf, windowsSecretsOf } from './windows-target.js';

const CONNECTION: ConnectionDto = { assetId: 'a1', hostname: 'WIN-01', address: '10.0.0.5', protocol: 'winrm', port: 5986 };
const CREDENTIAL: WinrmCredential = { kind: 'winrm', username: 'LAB\\ops', password: 'pa55word' };
const CERTIFICATE: WinrmCredential = { kind: 'winrm', username: 'ops', certificate: 'CERT', privateKey: 'KEY', passphrase: 'phrase' };
const options = (connection: Partial<ConnectionDto> = {}, credential = CREDENTIAL) => connectOptionsOf({ tenantId: 't', connection: { ...CONNECTION, ...connection }, credential }, 5000);

it('speaks TLS with NTLM unless told otherwise, to the name of the asset', () => {
  expect(options()).toEqual({ host: '10.0.0.5', port: 5986, transport: 'https', connectTimeoutMs: 5000, auth: { kind: 'ntlm', username: 'LAB\\ops', password: 'pa55word' }, tls: { servername: 'WIN-01' } });
  expect(options({ address: 'win-01.corp.example' }).tls).toEqual({ servername: 'win-01.corp.example' });
});

it.each<[Partial<ConnectionDto>, string]>([
  [{ port: 5985 }, 'http'], [{ port: 5985, tls: true }, 'https'], [{ port: 5986, tls: false }, 'http'], [{ port: 9999 }, 'https'], [{ port: 443 }, 'https'],
])('%j is %s', (connection, transport) => {
  expect(options(connection).transport).toBe(transport);
  expect('tls' in options(connection)).toBe(transport === 'https');
});

it('trusts what the connection says', () => expect(options({ tlsCa: 'CA', tlsFingerprint: 'ab'.repeat(32) }).tls).toEqual({ servername: 'WIN-01', ca: 'CA', fingerprint256: 'ab'.repeat(32) }));

it('a client certificate goes before a password, and over TLS only', () => {
  expect(options({}, { ...CERTIFICATE, password: 'p' }).auth).toEqual({ kind: 'certificate', cert: 'CERT', key: 'KEY', passphrase: 'phrase' });
  expect(() => options({ port: 5985 }, CERTIFICATE)).toThrow(ToolFailure);
});

it('a credential without a secret can not be used', () => expect(() => options({}, { kind: 'winrm', username: 'u' })).toThrow(expect.objectContaining({ failure: expect.objectContaining({ code: 'credential-unavailable' }) as object })));

it('password, key and passphrase are secrets', () => {
  expect(windowsSecretsOf(CREDENTIAL)).toEqual(['pa55word']);
  expect(windowsSecretsOf(CERTIFICATE)).toEqual(['KEY', 'phrase']);
});
