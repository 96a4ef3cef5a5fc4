import { checkedEnv } from './environment.js';

it('takes variables with texts', () => expect(checkedEnv({ LANG: 'C', _a1: '', OPSMESH_EXECUTOR: 'x' })).toEqual({ LANG: 'C', _a1: '', OPSMESH_EXECUTOR: 'x' }));

it.each<Record<string, unknown>>([{ 'a-b': 'x' }, { '1a': 'x' }, { '': 'x' }, { A: 1 }, { 'A\n': 'x' }])('refuses %j', (env) => {
  expect(() => checkedEnv(env)).toThrow('is no variable with a text');
});

it.each(['OPSMESH_EXEC', 'opsmesh_p', 'opsmesh_n'])('%s is how a command is found when it is stopped, and not for plans', (name) => {
  expect(() => checkedEnv({ [name]: 'x' })).toThrow(`"${name}" is used by opsmesh itself`);
});
