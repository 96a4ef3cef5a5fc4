import { runInNewContext } from 'node:vm';
import { InvalidMessage, validate } from '@opsmesh/contracts';
import { AssetFieldsDto } from './asset-write.dto.js';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFlQr9BgoBq0F+IBWZRcRLNsUHMiBL6BW3CwG9h1721a';
const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----';
/** Given up after 5 s. */
const read = (fields: object): AssetFieldsDto => runInNewContext('read()', { read: () => validate(AssetFieldsDto, fields) }, { timeout: 5000 }) as AssetFieldsDto;

it.each([
  KEY, `${KEY}\n`, `\n${KEY} of web\r\n\n${KEY}`, `# 10.0.0.1:22 SSH-2.0-OpenSSH_9.2p1\n10.0.0.1 ${KEY}\n# 10.0.0.1:22 SSH-2.0-OpenSSH_9.2p1\n[10.0.0.1]:2222,web ${KEY}\n`,
  `|1|6ISlbBRxOyXVqN0H1XtDcQlZwZc=|7Kc1hcOl3XGwDPF+e2UbhWlZVbs= ${KEY}`, `@revoked * ${KEY}`, `@cert-authority *.example.com ${KEY}`,
])('%j are host keys', (host_key) => expect(read({ host_key })).toMatchObject({ host_key }));

it.each([['', 'no host key'], ['# only a remark', 'no host key'], ['ssh-dss AAAA', 'line 1'], ['ssh-rsa', 'line 1'], [`${KEY}\n\nweb01`, 'line 3'], [`${KEY}\n@lost * ${KEY}`, 'line 2'], [`${KEY} a\0`, 'control characters']])('%j are none, and it says why: %s', (host_key, why) => {
  expect(() => read({ host_key })).toThrow(new RegExp(`host_key: .*${why}`));
});

it('a text that held up checks for years is refused at once', () => {
  const host_key = `${'ssh-rsa A x'.repeat(26)}\r`;
  expect(host_key).toHaveLength(287);
  expect(() => read({ host_key })).toThrow(InvalidMessage);
});

it.each<[keyof AssetFieldsDto, string]>([
  ['host_key', 'ssh-ed25519 a= a'], ['host_key', 'ssh-rsa a '], ['host_key', `${KEY}\n`], ['host_key', 'ssh-rsa '], ['host_key', 'a'], ['tls_ca', '-----BEGIN CERTIFICATE-----'], ['tls_ca', `${CERTIFICATE} `], ['tls_ca', ' '], ['os', 'a'], ['tags', 'a'], ['ip_address', ':'], ['hostname' as 'os', 'a.'],
])('a %s of a whole body of %j is refused in time that grows with its length', (field, part) => {
  const text = `${part.repeat(1_000_000 / part.length)}\0`;
  expect(() => read({ [field]: field === 'tags' ? [text] : text })).toThrow(InvalidMessage);
});
