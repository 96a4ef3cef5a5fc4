/** Stands where a secret stood that was taken out. Inputs that are stored, but not shown, have `[masked]` in their place instead: that is a part of manifests' hashes. */
export const REDACTED = '[redacted]';

/** Names of fields that hold secrets in what we write ourselves: credentials, headers of HTTP, settings. */
export const SECRET_FIELDS = ['authorization', 'cookie', 'password', 'sudoPassword', 'privateKey', 'passphrase', 'secret', 'token', 'apiKey', 'credential'] as const;

/** Names under which people, programs and models write secrets, without `_`, `-` and capitals. */
const SECRET = /^(pwd|secret|token|bearer|creds?|credentials?|pem|pincode|authorization|cookies?|setcookie)$|(password|passwd|passphrase|passcode|privatekey(pem)?|sshkey|apikey|accesskey|secretkey|secretaccesskey|clientsecret|sharedsecret|(auth|access|api|bearer|session|refresh|id)token)$|^(ssh|winrm|rdp|admin|root|user|login)pwd$/;
/** Not secret by themselves, but part of a log-in. */
const LOGIN = /^(user|username|login|loginname|(ssh|winrm|rdp|admin)user(name)?)$/;

/** Whether a name looks like a secret's, however it is spelled. Names that only hold such a word (`tokens`, `credential_id`, `secretary`) do not: what is named so is left out of plans. */
export function isSecretName(name: string): boolean {
  return SECRET.test(folded(name));
}

/** Whether a name looks like the one of a log-in name. */
export function isLoginName(name: string): boolean {
  return LOGIN.test(folded(name));
}

function folded(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}
