import { secretsOf } from './credential-secrets.js';

it('the secrets of a way are those of every credential on it, and no user name', () => {
  const jump = { credential: { kind: 'ssh' as const, username: 'hopper', privateKey: 'jump-key', passphrase: 'jump-phrase' } };
  const target = { credential: { kind: 'ssh' as const, username: 'ops', password: 'pa55word', sudoPassword: 'for-sudo' } };
  expect(secretsOf([jump, target])).toEqual(['jump-key', 'jump-phrase', 'pa55word', 'for-sudo']);
});
