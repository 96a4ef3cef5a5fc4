import { jest } from '@jest/globals';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GrantClaims } from '@opsmesh/contracts';
import { importJWK, SignJWT, type JWK } from 'jose';
import { openKeys, StartError, TokenRefused } from '../index.js';

let dir: string;
beforeEach(() => { dir = mkdtempSync(join(tmpdir(), 'opsmesh-keys-')); });
afterEach(() => { rmSync(dir, { recursive: true }); });

const seconds = () => Math.floor(Date.now() / 1000);
const claims = (more: Partial<GrantClaims> = {}): GrantClaims => ({
  jti: 'a.b.0.1#k', attempt: 'a.b.0.1', iat: seconds(), exp: seconds() + 60, tenant: 't', worker: 'w', tool: 'run-command', targets: ['a1'], via: [], credentialIds: [],
  inputSha256: '0'.repeat(64), keyThumbprint: 'k'.repeat(43), manifestSha256: null, endpointsSha256: null, ...more,
});

describe('key files', () => {
  it('are made once, 0600 in a folder 0700, and all who ask at once get the same', async () => {
    const made = await Promise.all(Array.from({ length: 20 }, () => openKeys(dir).secret('vault')));
    expect(new Set(made.map((k) => k.toString('hex'))).size).toBe(1);
    expect(readdirSync(join(dir, 'keys'))).toEqual(['vault.key']);
    expect(statSync(join(dir, 'keys', 'vault.key')).mode & 0o777).toBe(0o600);
    expect(statSync(join(dir, 'keys')).mode & 0o777).toBe(0o700);
  });

  it('are refused when others can read them', async () => {
    await openKeys(dir).secret('vault');
    chmodSync(join(dir, 'keys', 'vault.key'), 0o640);
    await expect(openKeys(dir).secret('vault')).rejects.toThrow(/vault\.key can be read by others \(mode 640\): run chmod 600/);
  });

  it('are refused when cut short', async () => {
    await openKeys(dir).secret('vault');
    writeFileSync(join(dir, 'keys', 'vault.key'), 'short');
    await expect(openKeys(dir).secret('vault')).rejects.toThrow('has 5 bytes instead of 32');
  });

  it('can be mended without a restart', async () => {
    const keys = openKeys(dir);
    await openKeys(dir).secret('vault');
    chmodSync(join(dir, 'keys', 'vault.key'), 0o644);
    await expect(keys.secret('vault')).rejects.toThrow(StartError);
    chmodSync(join(dir, 'keys', 'vault.key'), 0o600);
    await expect(keys.secret('vault')).resolves.toHaveLength(32);
  });
});

describe('service tokens', () => {
  it('say who calls, to the one who is called only', async () => {
    const [sender, receiver] = [openKeys(dir), openKeys(dir)];
    const token = await sender.serviceToken('network-service', 'orchestrator');
    await expect(receiver.verifyServiceToken(token, 'orchestrator')).resolves.toEqual({ service: 'network-service' });
    await expect(receiver.verifyServiceToken(token, 'orchestrator')).resolves.toEqual({ service: 'network-service' });
    await expect(receiver.verifyServiceToken(token, 'asset-service')).rejects.toThrow(TokenRefused);
  });

  it.each([['no token', () => 'nonsense'], ['no signature', (t: string) => `${t.split('.').slice(0, 2).join('.')}.`], ['a foreign signature', (t: string) => `${t.slice(0, -4)}AAAA`]])('are refused with %s', async (_what, change) => {
    const keys = openKeys(dir);
    await expect(keys.verifyServiceToken(change(await keys.serviceToken('a', 'b')), 'b')).rejects.toThrow(TokenRefused);
  });

  it.each([
    ['expired', { iat: -100, exp: -40 }],
    ['that live longer than 60 s', { iat: -3600, exp: 3600 }],
  ])('%s are refused', async (_what, { iat, exp }) => {
    const keys = openKeys(dir);
    const token = await new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).setIssuer('a').setAudience('b').setIssuedAt(seconds() + iat).setExpirationTime(seconds() + exp).sign(await keys.secret('service'));
    await expect(keys.verifyServiceToken(token, 'b')).rejects.toThrow(TokenRefused);
  });

  it('are kept until 20 s before they expire', async () => {
    const keys = openKeys(dir);
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'setTimeout', 'setInterval', 'hrtime', 'performance'] });
    try {
      const first = await keys.serviceToken('a', 'b');
      const start = Date.now();
      jest.setSystemTime(start + 39_000);
      expect(await keys.serviceToken('a', 'b')).toBe(first);
      expect(await keys.serviceToken('a', 'c')).not.toBe(first);
      jest.setSystemTime(start + 41_000);
      expect(await keys.serviceToken('a', 'b')).not.toBe(first);
    } finally {
      jest.useRealTimers();
    }
  });
});

describe('grants', () => {
  it('go from the signer to any other process that has grant.pub', async () => {
    const grant = await openKeys(dir).grantSigner().sign(claims());
    unlinkSync(join(dir, 'keys', 'grant.key'));
    await expect(openKeys(dir).verifyGrant(grant)).resolves.toMatchObject({ attempt: 'a.b.0.1', tenant: 't', targets: ['a1'] });
    expect(JSON.parse(readFileSync(join(dir, 'keys', 'grant.pub'), 'utf8'))).not.toHaveProperty('d');
  });

  it('of several signers that start at once are all good', async () => {
    const grants = await Promise.all(Array.from({ length: 5 }, () => openKeys(dir).grantSigner().sign(claims())));
    for (const grant of grants) await expect(openKeys(dir).verifyGrant(grant)).resolves.toBeDefined();
  });

  it.each([
    ['expired', { exp: seconds() - 1 }, 'the grant has expired'],
    ['too long', { exp: seconds() + 600 }, 'lives longer than 60 s'],
    ['without a tenant', { tenant: undefined as unknown as string }, 'lacks a claim'],
  ])('%s are refused', async (_what, more, message) => {
    const keys = openKeys(dir);
    const grant = await keys.grantSigner().sign(claims(more));
    await expect(keys.verifyGrant(grant)).rejects.toThrow(message);
  });

  it('signed with another algorithm or another type are refused', async () => {
    const keys = openKeys(dir);
    await keys.grantSigner().sign(claims());
    const hmac = await new SignJWT({ ...claims() }).setProtectedHeader({ alg: 'HS256', typ: 'opsmesh-grant+jwt' }).sign(readFileSync(join(dir, 'keys', 'grant.pub')));
    await expect(keys.verifyGrant(hmac)).rejects.toThrow(TokenRefused);
    const key = await importJWK(JSON.parse(readFileSync(join(dir, 'keys', 'grant.key'), 'utf8')) as JWK, 'EdDSA');
    const other = await new SignJWT({ ...claims() }).setProtectedHeader({ alg: 'EdDSA', typ: 'JWT' }).sign(key);
    await expect(keys.verifyGrant(other)).rejects.toThrow(TokenRefused);
    await expect(keys.verifyGrant(await keys.serviceToken('a', 'b'))).rejects.toThrow(TokenRefused);
  });

  it('without grant.pub say what is missing', async () => {
    await expect(openKeys(dir).verifyGrant('x.y.z')).rejects.toThrow(/grant\.pub is missing/);
  });

  it('are not signed with a key that does not belong to grant.pub', async () => {
    await openKeys(dir).grantSigner().sign(claims());
    unlinkSync(join(dir, 'keys', 'grant.key'));
    await expect(openKeys(dir).grantSigner().sign(claims())).rejects.toThrow('grant.pub does not belong to grant.key');
    await expect(openKeys(dir).makeGrantKeys()).rejects.toThrow('grant.pub does not belong to grant.key');
  });
});
