import type { ConnectionDto } from '@opsmesh/contracts';
import { endpointOf, endpointsSha256 } from './endpoints.js';

/** Of `ssh-keygen -lf` for {@link KEY}. */
const PRINT = 'ssh-ed25519 SHA256:LukpFlNU7zmirehHNR3nmu8bBYzEobxjv3Y45OCH79E';
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFlQr9BgoBq0F+IBWZRcRLNsUHMiBL6BW3CwG9h1721a';
const ssh: ConnectionDto = { assetId: 'a', hostname: 'web', address: '10.0.0.1', protocol: 'ssh', port: 22, credentialId: 'c', hostKey: `${KEY} of web`, hostKeyPolicy: 'strict' };
const winrm: ConnectionDto = { assetId: 'b', hostname: 'pc', address: '10.0.0.2', protocol: 'winrm', port: 5986, credentialId: 'c', tls: true, tlsCa: 'PEM', tlsFingerprint: 'f'.repeat(64) };
const digest = (connection: ConnectionDto, credentialVersion = 1): string => endpointsSha256([{ ...endpointOf(connection), credentialVersion }]);

it('host keys are shown as ssh-keygen shows them, each once and in one order, without their comments', () => {
  expect(endpointOf(ssh).hostKeys).toEqual([PRINT]);
  expect(digest({ ...ssh, hostKey: `\n${KEY}\r\n${KEY} twice\n` })).toBe(digest(ssh));
  const another = 'ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB';
  expect(digest({ ...ssh, hostKey: `${another}\n${KEY}` })).toBe(digest({ ...ssh, hostKey: `${KEY}\n${another}` }));
});

it('of a known_hosts file only the lines of the host count, with what they say', () => {
  const other = KEY.replace('AAAAIFlQ', 'AAAAIGlQ');
  const keys = (hostKey: string) => endpointOf({ ...ssh, hostKey }).hostKeys;
  expect(keys(`# 10.0.0.1:22 SSH-2.0-OpenSSH_9.2\n10.0.0.1 ${KEY}\nelsewhere ${other}\n`)).toEqual([PRINT]);
  expect(keys(`web ${other}`)).not.toEqual(keys(`web ${KEY}`));
  expect(keys(`@revoked * ${KEY}`)).toEqual([`@revoked ${PRINT}`]);
});

it('host keys that cannot be read are seen to change', () => {
  expect(digest({ ...ssh, hostKey: 'rubbish' })).not.toBe(digest({ ...ssh, hostKey: 'other rubbish' }));
});

it('what is left out is what holds then', () => {
  const plain: ConnectionDto = { assetId: 'a', hostname: 'web', address: '10.0.0.1', protocol: 'ssh', port: 22, credentialId: 'c' };
  expect(endpointOf(plain)).toEqual(endpointOf({ ...plain, hostKeyPolicy: 'strict' }));
});

it.each<[string, ConnectionDto, Partial<ConnectionDto>]>([
  ['asset', ssh, { assetId: 'z' }], ['host name', ssh, { hostname: 'z' }], ['address', ssh, { address: '10.0.0.9' }], ['port', ssh, { port: 23 }], ['credential', ssh, { credentialId: 'z' }], ['host key', ssh, { hostKey: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBBB' }],
  ['host key policy', ssh, { hostKeyPolicy: 'off' }], ['protocol', ssh, { protocol: 'winrm' }], ['TLS', winrm, { tls: false }], ['trusted certificates', winrm, { tlsCa: 'OTHER' }], ['certificate', winrm, { tlsFingerprint: 'e'.repeat(64) }],
])('another %s is another digest', (_what, connection, change) => {
  expect(digest({ ...connection, ...change })).not.toBe(digest(connection));
});

it('so are another version of the credential, and another order of the way', () => {
  expect(digest(ssh, 2)).not.toBe(digest(ssh));
  const [a, b] = [ssh, winrm].map((c) => ({ ...endpointOf(c), credentialVersion: 1 }));
  expect(endpointsSha256([a!, b!])).not.toBe(endpointsSha256([b!, a!]));
});
