import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import { connectWinRm, type ConnectOptions, type NtlmCredential } from './index.js';
import { GssFront, hasGss, type KeyPair } from './peer/gss-front.fixture.js';
import { decodeEncryptedBody, ENCRYPTED_CONTENT_TYPE } from './sealing/encrypted-body.js';

const OPENSSL = '/usr/bin/openssl';
if (!hasGss()) console.warn('SKIPPED: python3-gssapi or gss-ntlmssp is not installed, so no independent implementation of NTLM accepted our log-in or read our messages');
const withGss = hasGss() ? describe : describe.skip;
if (!existsSync(OPENSSL)) console.warn('SKIPPED: openssl is not installed, so no independent implementation checked our channel binding');
const withGssAndTls = existsSync(OPENSSL) ? withGss : describe.skip;

const ACCOUNTS = ['CORP:admin:Password1', 'corp:jürgen:pässwörd-€', ':upn@corp.example:Password2', ':local:Password3'];

/** The SOAP words that any of our messages, and any answer, would show. */
const SOAP_WORDS = ['Envelope', 'MessageID', 'windows/shell', 'stdout', 'opsmesh-secret'];

function options(front: GssFront, auth: Omit<NtlmCredential, 'kind'>): ConnectOptions {
  return { host: '127.0.0.1', port: front.port, transport: 'http', auth: { kind: 'ntlm', ...auth } };
}

withGss.each(['raw', 'spnego'] as const)('gss-ntlmssp, %s', (wrapping) => {
  let front: GssFront;
  beforeEach(async () => { front = await GssFront.start({ wrapping, accounts: ACCOUNTS }); });
  afterEach(() => front.stop());

  it.each([
    ['CORP\\admin', 'Password1'],
    ['CORP\\ADMIN', 'Password1'],
    ['corp\\jürgen', 'pässwörd-€'],
    ['upn@corp.example', 'Password2'],
    ['local', 'Password3'],
  ])('%s logs in, and both directions are sealed', async (username, password) => {
    const connection = await connectWinRm(options(front, { username, password, wrapping }));
    const shell = await connection.openShell();
    expect(await shell.run({ command: 'print opsmesh-secret' })).toEqual({
      kind: 'exited', exitCode: 7, stdout: 'one\n€\n', stderr: 'two\n', truncated: false, stdoutBytes: 8, stderrBytes: 4,
    });
    await connection.close();
    const traffic = await front.ended();
    expect(traffic.loggedIn?.toLowerCase()).toContain(username.split(/[\\@]/)[username.includes('\\') ? 1 : 0]!.toLowerCase());
    for (const bytes of [traffic.received, traffic.sent]) {
      for (const word of SOAP_WORDS) {
        expect(bytes.includes(word)).toBe(false);
        expect(bytes.includes(Buffer.from(word, 'utf16le'))).toBe(false);
      }
      // Seven messages each way: Create, Command, three Receives, Signal, Delete.
      expect(bytes.toString('latin1').split('Content-Type: application/octet-stream').length - 1).toBe(7);
    }
    expect(traffic.received.includes(password)).toBe(false);
  });

  it('a wrong password is auth-failed, and nothing but the log-in was sent', async () => {
    await expect(connectWinRm(options(front, { username: 'CORP\\admin', password: 'wrong', wrapping }))).rejects.toMatchObject({ name: 'WinRmError', code: 'auth-failed' });
    const traffic = await front.ended();
    expect(traffic.loggedIn).toBeNull();
    expect(traffic.received.toString('latin1').match(/Content-Length: \d+/g)).toEqual(['Content-Length: 0', 'Content-Length: 0']);
  });

  it('a large input arrives whole over a connection of its own', async () => {
    const connection = await connectWinRm(options(front, { username: 'CORP\\admin', password: 'Password1', wrapping }));
    const shell = await connection.openShell();
    const stdin = 'äöü€\u{1F600} '.repeat(20_000);
    const result = await shell.run({ command: 'echo', stdin });
    expect(result).toMatchObject({ kind: 'exited', exitCode: 7 });
    expect(result.stdout === stdin).toBe(true);
    await connection.close();
    const both = [await front.ended(), await front.ended()];
    expect(both.map(({ loggedIn }) => loggedIn !== null)).toEqual([true, true]);
  });

  it('equal messages are sealed to different bytes', async () => {
    const connection = await connectWinRm(options(front, { username: 'CORP\\admin', password: 'Password1', wrapping }));
    const shell = await connection.openShell();
    await shell.run({ command: 'print' });
    await connection.close();
    const { received } = await front.ended();
    const parts = received.toString('latin1').split('\r\n\r\n').filter((part) => part.startsWith('--Encrypted Boundary'));
    const ciphertexts = parts.map((part) => {
      const end = part.lastIndexOf('--Encrypted Boundary--\r\n') + '--Encrypted Boundary--\r\n'.length;
      return decodeEncryptedBody(Buffer.from(part.slice(0, end), 'latin1'), ENCRYPTED_CONTENT_TYPE).sealed.ciphertext.subarray(0, 64).toString('hex');
    });
    expect(new Set(ciphertexts).size).toBe(ciphertexts.length);
  });
});

withGssAndTls('gss-ntlmssp behind TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'opsmesh-winrm-'));
  let pair: KeyPair;
  let front: GssFront;
  beforeAll(async () => {
    const [cert, key] = [join(folder, 'cert'), join(folder, 'key')];
    execFileSync(OPENSSL, ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-sha256', '-days', '1', '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert], { stdio: 'ignore' });
    pair = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
    front = await GssFront.start({ wrapping: 'raw', accounts: ACCOUNTS, tls: pair });
  });
  afterAll(async () => {
    await front.stop();
    rmSync(folder, { recursive: true });
  });

  it('takes a log-in that is bound to its certificate; inside of TLS nothing is sealed twice', async () => {
    const { fingerprint256 } = new X509Certificate(pair.cert);
    for (const tls of [{ ca: pair.cert }, { fingerprint256 }]) {
      const connection = await connectWinRm({ host: '127.0.0.1', port: front.port, tls, auth: { kind: 'ntlm', username: 'CORP\\admin', password: 'Password1' } });
      const shell = await connection.openShell();
      expect(await shell.run({ command: 'print' })).toMatchObject({ kind: 'exited', exitCode: 7, stdout: 'one\n€\n' });
      await connection.close();
      const { received } = await front.ended();
      expect(received.includes('<s:Envelope')).toBe(true);
      expect(received.includes('Encrypted Boundary')).toBe(false);
    }
  });
});
