import type { Credential } from './claim.js';
import { isLoginName, isSecretName, SECRET_FIELDS } from './secrets.js';

type FieldOf<C> = C extends unknown ? keyof C : never;
/** A field that a credential gets must be told here before this compiles. */
const OF_CREDENTIALS: Readonly<Record<Exclude<FieldOf<Credential>, 'kind' | 'username' | 'useAgent' | 'certificate'>, true>> = { password: true, sudoPassword: true, privateKey: true, passphrase: true };

it.each(Object.keys(OF_CREDENTIALS))('%s of a credential is a secret field', (name) => { expect(SECRET_FIELDS).toContain(name); });
it.each(SECRET_FIELDS)('%s looks like a secret', (name) => { expect(isSecretName(name)).toBe(true); });

it.each(['Password', 'passwd', 'pwd', 'ssh_password', 'sshPassword', 'sudo-password', 'clientSecret', 'client_secret', 'api_key', 'API-KEY', 'accessKey', 'secret_access_key', 'private_key', 'ssh_key', 'auth_token', 'bearer', 'credentials', 'Set-Cookie', 'Authorization'])('%s is a secret', (name) => { expect(isSecretName(name)).toBe(true); });
it.each(['path', 'key', 'host', 'page', 'next_page', 'tokens', 'credential_id', 'passive', 'secretary', 'keyboard', 'compass', 'author', 'cookieless'])('%s is none', (name) => { expect(isSecretName(name) || isLoginName(name)).toBe(false); });
it.each(['user', 'username', 'user_name', 'login', 'sshUser'])('%s is of a log-in, and no secret', (name) => { expect([isLoginName(name), isSecretName(name)]).toEqual([true, false]); });
