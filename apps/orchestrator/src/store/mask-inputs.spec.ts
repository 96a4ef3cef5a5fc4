import { maskInputs, MASKED } from './mask-inputs.js';

it('masks what is named like a secret, at any depth', () => {
  expect(maskInputs({ host: 'a', password: 'x', list: [{ api_key: 'y', n: 1 }], deep: { clientSecret: { a: 1 } } })).toEqual({ host: 'a', password: MASKED, list: [{ api_key: MASKED, n: 1 }], deep: { clientSecret: MASKED } });
});

it('masks what the schema of the tool declares as a secret', () => {
  const schema = {
    properties: { pin: { type: 'string', writeOnly: true }, code: { format: 'password' }, hosts: { type: 'array', items: { $ref: '#/definitions/Host' } }, plain: { type: 'string' } },
    definitions: { Host: { properties: { key: { writeOnly: true } } } },
  };
  expect(maskInputs({ pin: '1', code: '2', hosts: [{ key: 'k', name: 'n' }], plain: 'p' }, schema)).toEqual({ pin: MASKED, code: MASKED, hosts: [{ key: MASKED, name: 'n' }], plain: 'p' });
});

it('leaves the rest as it is', () => {
  const inputs = { target_host: 'a', command: 'ls -l', none: null, password: null, nested: [[1, { a: true }]] };
  expect(maskInputs(inputs)).toEqual(inputs);
});
