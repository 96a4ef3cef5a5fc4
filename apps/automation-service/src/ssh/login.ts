import type { SshCredential } from '@opsmesh/contracts';
import ssh2, { type AnyAuthMethod, type Prompt } from 'ssh2';
import { ConnectFailure } from './connect-failure.js';

const { utils } = ssh2;

/** What a server asks for when it wants the password, not a new one or a code that holds once. */
const PASSWORD_PROMPT = /passwor[dt]/i;
const OTHER_PROMPT = /one.?time|otp|token|code|verif|new|again|current|retype/i;

export interface Login {
  readonly credential: SshCredential;
  /** Socket of the SSH agent for credentials that want it; undefined where none may be used. */
  readonly agent: string | undefined;
  /** Called when the server asks for something that the credential does not have; no more is sent then. */
  refuse(why: string): void;
}

/** What ssh2 asks for the next way to log in: with what may still succeed (null at first) and whether the last way was one of several that are needed. */
export type AuthHandler = (left: readonly string[] | null, partial: boolean | null) => AnyAuthMethod | false;

/**
 * Agent and key first, then the password.
 * 1. Each is sent once. Keyboard-interactive (RFC 4256) is for servers that do not offer `password`: elsewhere it is the same question again.
 * 2. There the password answers one prompt, which asks for a password and shows no answer; a code is asked for in vain.
 * @throws ConnectFailure `auth-failed` for a credential that cannot be used
 */
export function authHandlerOf(login: Login): AuthHandler {
  const methods = methodsOf(login);
  let last: AnyAuthMethod | undefined;
  return (left, partial) => {
    const passwordWasRight = last?.type === 'password' && partial === true;
    do last = methods.shift(); while (last !== undefined && !fits(last.type, left, passwordWasRight));
    return last ?? false;
  };
}

function fits(type: AnyAuthMethod['type'], left: readonly string[] | null, passwordWasRight: boolean): boolean {
  if (type === 'keyboard-interactive' && (left === null || left.includes('password') || passwordWasRight)) return false;
  return left === null || left.includes(type === 'agent' ? 'publickey' : type);
}

function methodsOf({ credential, agent, refuse }: Login): AnyAuthMethod[] {
  const { username, password, privateKey, passphrase } = credential;
  const methods: AnyAuthMethod[] = [];
  if (credential.useAgent === true) {
    if (agent === undefined) throw new ConnectFailure('auth-failed', 'the credential wants the SSH agent of the worker, whose settings do not allow it (OPSMESH_SSH_AGENT)');
    methods.push({ type: 'agent', username, agent });
  }
  if (privateKey !== undefined) {
    assertUsable(privateKey, passphrase);
    methods.push({ type: 'publickey', username, key: privateKey, ...(passphrase === undefined ? {} : { passphrase }) });
  }
  if (password !== undefined) {
    let answered = false;
    methods.push({ type: 'password', username, password });
    methods.push({
      type: 'keyboard-interactive', username,
      prompt: (...[, , , prompts, finish]) => {
        if (prompts.length === 0) return finish([]);
        if (answered || !asksForPassword(prompts)) return refuse(`the host asks for something else than the password: ${prompts.map((p) => JSON.stringify(p.prompt.slice(0, 100))).join(', ')}`);
        answered = true;
        finish([password]);
      },
    });
  }
  return methods;
}

function asksForPassword([first, ...more]: readonly Prompt[]): boolean {
  return first !== undefined && more.length === 0 && first.echo !== true && PASSWORD_PROMPT.test(first.prompt) && !OTHER_PROMPT.test(first.prompt);
}

/** @throws ConnectFailure that says what is wrong, the key or its passphrase */
function assertUsable(privateKey: string, passphrase: string | undefined): void {
  const parsed: unknown = utils.parseKey(privateKey, passphrase);
  const key = (Array.isArray(parsed) ? parsed[0] : parsed) as ReturnType<typeof utils.parseKey>;
  if (!(key instanceof Error)) {
    if (key.isPrivateKey()) return;
    throw new ConnectFailure('auth-failed', 'the private key of the credential is a public key');
  }
  if (/no passphrase given/i.test(key.message)) throw new ConnectFailure('auth-failed', 'the private key of the credential is encrypted, and the credential has no passphrase');
  if (/bad passphrase/i.test(key.message)) throw new ConnectFailure('auth-failed', 'the passphrase of the credential does not open its private key');
  throw new ConnectFailure('auth-failed', 'the private key of the credential cannot be read');
}
