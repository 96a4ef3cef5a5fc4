import { Findings } from './diagnostics.js';
import { dropCredentials } from './drop-credentials.js';
import type { JsonObject } from './plan.js';
import { patched } from './testing/json-patch.js';

function drop(values: JsonObject, declared: readonly string[] = []) {
  const findings = new Findings();
  return { kept: dropCredentials(values, { pointer: '', declared: (name) => declared.includes(name), findings }), dropped: findings.all.map((d) => d.pointer), all: findings.all };
}

it.each(['password', 'ssh_password', 'sudo-password', 'API-KEY', 'token', 'credentials'])('%s is left out, whatever the tool declares', (name) => {
  expect(drop({ [name]: 'x', a: 1 }, [name])).toMatchObject({ kept: { a: 1 }, dropped: [`/${name}`] });
});

it.each(['path', 'key', 'next_page', 'tokens', 'credential_id'])('%s stays', (name) => {
  expect(drop({ [name]: 'x' })).toMatchObject({ kept: { [name]: 'x' }, dropped: [] });
});

it.each(['user', 'username', 'user_name', 'login'])('%s is left out unless the tool declares it', (name) => {
  expect(drop({ [name]: 'x' })).toMatchObject({ kept: {}, dropped: [`/${name}`] });
  expect(drop({ [name]: 'x' }, [name])).toMatchObject({ kept: { [name]: 'x' }, dropped: [] });
});

it('what stands inside objects and lists is left out too', () => {
  const values = { hosts: [{ ip: 'a', password: 'x' }, [{ token: 'y' }]], auth: { username: 'u', password: 'z', more: { 'api/key': 'k' } } };
  const { kept, dropped, all } = drop(values);
  expect(kept).toEqual({ hosts: [{ ip: 'a' }, [{}]], auth: { username: 'u', more: {} } });
  expect(dropped).toEqual(['/hosts/0/password', '/hosts/1/0/token', '/auth/password', '/auth/more/api~1key']);
  expect(all.reduce((document, d) => patched(document, d.fix!), values as unknown)).toEqual(kept);
});
