import { conditionErrors, conditionReferences, evaluate } from './conditions.js';
import type { Condition, ConditionOperator, Json } from './plan.js';
import { cpuTimeOf } from './testing/cpu-time.js';
import { scope } from './testing/scopes.js';

const holds = (condition: Condition, x: Json | undefined) => {
  const bound = evaluate(condition, scope({ input: x === undefined ? {} : { x } }));
  return bound.ok ? bound.value : bound.failure.code;
};
const compared = (x: Json | undefined, operator: ConditionOperator, value?: Json) => holds({ field: 'input.x', operator, ...(value === undefined ? {} : { value }) }, x);
const is = (value: Json): Condition => ({ field: 'input.x', operator: '==', value });

describe('an operator', () => {
  it.each<[Json | undefined, ConditionOperator, Json | undefined, boolean | string]>([
    [2, '>', 1, true], [1, '>', 1, false], [1, '>=', 1, true], [1, '<', 2, true], [2, '<=', 1, false], ['b', '>', 'a', true], ['10', '<', '9', true], [5, '==', 5, true], [5, '==', '5', false], [5, '!=', '5', true],
    [[1, { a: 1 }], '==', [1, { a: 1 }], true], [{ a: 1, b: 2 }, '==', { b: 2, a: 1 }, true], [{ a: 1 }, '==', { a: 1, b: 2 }, false], [{}, '==', [], false], [null, '==', null, true], [null, '!=', 1, true],
    ['a', 'in', ['a', 'b'], true], ['c', 'in', ['a', 'b'], false], [{ a: 1 }, 'in', [{ a: 1 }], true], ['abc', 'contains', 'b', true], [['a', 'b'], 'contains', 'b', true], [[[1]], 'contains', [1], true], ['abc', 'contains', 'd', false],
    ['web-01', 'matches', '^web-\\d+$', true], ['db-01', 'matches', '^web', false], ['x', 'exists', undefined, true], ['x', 'exists', true, true], ['x', 'exists', false, false], [undefined, 'exists', undefined, false], [undefined, 'exists', false, true], [null, 'exists', true, false], [0, 'exists', true, true],
    [undefined, '==', 1, 'reference-missing'], [undefined, '!=', 1, 'reference-missing'], ['5', '>', 1, 'input-invalid'], [null, '>', 0, 'input-invalid'], [[], '<', [], 'input-invalid'], [5, 'contains', 5, 'input-invalid'], ['a', 'in', '<<input.x>>', 'input-invalid'], [5, 'matches', '5', 'input-invalid'],
  ])('%j %s %j is %p', (x, operator, value, result) => expect(compared(x, operator, value)).toBe(result));

  it('compares with the value of a reference', () => {
    expect(evaluate({ field: 'steps.a.output.n', operator: '>', value: '<<input.most>>' }, scope({ input: { most: 5 }, steps: { a: { output: { n: 6 } } } }))).toEqual({ ok: true, value: true });
    expect(compared('a', '==', '<<input.other>>')).toBe('reference-missing');
    expect(compared('<<input.y>>', 'matches', '<<input.y>>')).toBe(true);
  });

  it('a default stands for what is missing', () => expect(holds({ field: 'input.x ?? 0', operator: '==', value: 0 }, undefined)).toBe(true));
});

describe('conditions of conditions', () => {
  it.each<[Condition, boolean]>([
    [{ all: [is(1), is(1)] }, true], [{ all: [is(1), is(2)] }, false], [{ any: [is(2), is(1)] }, true], [{ any: [is(2), is(3)] }, false], [{ not: is(2) }, true], [{ not: { any: [is(1), { not: is(1) }] } }, false],
  ])('%j', (condition, result) => expect(holds(condition, 1)).toBe(result));
  it('what can not be decided fails, unless it is not needed', () => {
    expect(holds({ not: is(1) }, undefined)).toBe('reference-missing');
    expect(holds({ any: [{ field: 'input.x', operator: 'exists', value: false }, is(1)] }, undefined)).toBe(true);
  });
});

describe('a condition that is written wrong is told with its place', () => {
  const f = 'input.x';
  it.each<[unknown, string]>([
    ['x > 1', ''], [null, ''], [[], ''], [{}, '/field'], [{ field: f }, '/operator'], [{ field: f, operator: '=' , value: 1 }, '/operator'], [{ field: f, operator: '>' }, '/value'], [{ field: f, operator: 'in', value: 'a' }, '/value'],
    [{ field: f, operator: 'exists', value: 1 }, '/value'], [{ field: f, operator: 'matches', value: '(' }, '/value'], [{ field: f, operator: 'matches', value: '(?=x)' }, '/value'], [{ field: f, operator: 'matches', value: 'a'.repeat(1001) }, '/value'], [{ field: 'a b', operator: 'exists' }, '/field'], [{ field: 'x.__proto__', operator: 'exists' }, '/field'],
    [{ all: [] }, '/all'], [{ any: 5 }, '/any'], [{ not: 5 }, '/not'], [{ all: [{ field: f, operator: 'exists' }], any: [] }, '/any'], [{ field: f, operator: 'exists', and: 1 }, '/and'], [{ all: [{ any: [{ field: f, operator: '?' }] }] }, '/all/0/any/0/operator'],
    [{ field: f, operator: '==', value: 'a <<input.y>>' }, '/value'], [{ field: f, operator: '==', value: ['<<input.y>>'] }, '/value'],
  ])('%j', (condition, pointer) => expect(conditionErrors(condition).map((e) => e.pointer)).toEqual([pointer]));

  it('nested too deep', () => {
    let deep: unknown = { field: f, operator: 'exists' };
    for (let i = 0; i < 20; i++) deep = { not: deep };
    expect(conditionErrors(deep)).toEqual([{ pointer: '/not'.repeat(16), message: 'conditions may be nested 16 deep' }]);
  });

  it.each(['input.x', '<<input.x>>', '{{ input.x }}', ' input.x '])('a field may be written as %j', (field) => {
    expect(conditionErrors({ field, operator: 'exists' })).toEqual([]);
    expect(conditionReferences({ field, operator: 'exists' }).map((r) => r.root)).toEqual(['input']);
  });
});

it('a pattern that would keep a backtracking engine busy for ever is answered at once', () => {
  expect(cpuTimeOf(() => process.cpuUsage(), () => expect(compared(`${'a'.repeat(50_000)}!`, 'matches', '^(a+)+$')).toBe(false))).toBeLessThan(2000);
});
