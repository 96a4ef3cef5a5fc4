import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { SshCredential } from '@opsmesh/contracts';
import { newSshKey } from '@opsmesh/testing';
import ssh2, { type AuthContext, type KeyboardAuthContext, type Prompt } from 'ssh2';
import { connect } from './connect.js';

const PASSWORD = 'log-in-pa55';
const hostKey = newSshKey();
const encrypted = newSshKey('right');

/** What the host did about a login: each way as it was tried, each answer as it was given. */
interface Seen { readonly ways: string[]; readonly answers: string[][] }
interface Rules {
  readonly offers: ('password' | 'keyboard-interactive' | 'publickey')[];
  /** Prompts of keyboard-interactive, one dialogue after the other. */
  readonly prompts?: readonly (readonly Prompt[])[];
  /** The password is right, but not enough. */
  readonly wantsMore?: boolean;
}

/** Tries to log in at a host with these rules. */
async function logIn({ offers, prompts = [], wantsMore = false }: Rules, credential: Partial<SshCredential> = { password: PASSWORD }): Promise<Seen & { end: string }> {
  const seen: Seen = { ways: [], answers: [] };
  const converse = (context: KeyboardAuthContext, [next, ...more]: readonly (readonly Prompt[])[]) => {
    if (!next) return context.accept();
    context.prompt([...next], (answers) => { seen.answers.push(answers); converse(context, more); });
  };
  const server = new ssh2.Server({ hostKeys: [hostKey.private] }, (client) => {
    client.on('error', () => undefined);
    client.on('authentication', (context: AuthContext) => {
      seen.ways.push(context.method);
      if (context.method === 'keyboard-interactive' && offers.includes('keyboard-interactive')) return converse(context, prompts);
      if (context.method === 'password' && wantsMore) return context.reject(['keyboard-interactive'], true);
      context.reject(offers);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    const connection = { assetId: 'a', hostname: 'a', address: '127.0.0.1', protocol: 'ssh' as const, port, hostKeyPolicy: 'off' as const };
    const { client } = await connect({ connection, credential: { kind: 'ssh', username: 'ops', ...credential }, learned: undefined, agent: undefined }, { connectMs: 5000, keepaliveMs: 0 });
    client.end();
    return { ...seen, end: 'in' };
  } catch (error) {
    return { ...seen, end: `${(error as { kind: string }).kind}: ${(error as Error).message}` };
  } finally {
    server.close();
  }
}

const asks = (prompt: string, echo = false): Prompt[] => [{ prompt, echo }];

it('a wrong password is sent once where the host takes passwords', async () => {
  expect(await logIn({ offers: ['password', 'keyboard-interactive'], prompts: [asks('Password: ')] })).toMatchObject({ ways: ['password'], answers: [], end: expect.stringContaining('auth-failed') as string });
});

it.each(['Password: ', "ops@web-01's password: ", '(ops@web-01) Password:', 'Passwort: '])('a host that asks for it only as %j is answered', async (prompt) => {
  expect(await logIn({ offers: ['keyboard-interactive'], prompts: [[], asks(prompt)] })).toMatchObject({ answers: [[], [PASSWORD]], end: 'in' });
});

it.each<[string, readonly (readonly Prompt[])[], readonly string[][]]>([
  ['a code', [asks('Verification code: ')], []], ['a password that holds once', [asks('One-time password (OATH) for `ops\': ')], []], ['a new password', [asks('New password: ')], []], ['a password that is shown', [asks('Password: ', true)], []],
  ['two things at once', [[...asks('Password: '), ...asks('Verification code: ')]], []], ['the password twice', [asks('Password: '), asks('Password: ')], [[PASSWORD]]], ['a code after the password', [asks('Password: '), asks('Verification code: ')], [[PASSWORD]]],
])('a host that asks for %s gets no password for it', async (_what, prompts, answers) => {
  const { answers: given, end } = await logIn({ offers: ['keyboard-interactive'], prompts });
  expect(given).toEqual(answers);
  expect(end).toContain(`auth-failed: the host asks for something else than the password: ${JSON.stringify(prompts.at(-1)![0]!.prompt)}`);
});

it('a host that wants more than the right password gets it no second time', async () => {
  expect(await logIn({ offers: ['password'], wantsMore: true, prompts: [asks('Password: ')] })).toMatchObject({ ways: ['password'], answers: [] });
});

it.each<[string, Partial<SshCredential>]>([
  ['the passphrase of the credential does not open its private key', { privateKey: encrypted.private, passphrase: 'wrong' }],
  ['the private key of the credential is encrypted, and the credential has no passphrase', { privateKey: encrypted.private }],
  ['the private key of the credential cannot be read', { privateKey: 'rubbish' }], ['the private key of the credential is a public key', { privateKey: encrypted.public }],
])('says that %s', async (why, credential) => {
  expect(await logIn({ offers: ['publickey'] }, credential)).toEqual({ ways: [], answers: [], end: `auth-failed: ${why}` });
});
