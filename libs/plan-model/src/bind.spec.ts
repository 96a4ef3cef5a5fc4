import { ok } from 'node:assert';
import { bind, mapOutput, resolveList, targetOf } from './bind.js';
import { compileDocument } from './compile.js';
import { LIMITS, type Json, type JsonObject } from './plan.js';
import { TOOLS } from './testing/catalogue.js';
import { cpuTimeOf } from './testing/cpu-time.js';
import { step } from './testing/plans.js';
import { scope } from './testing/scopes.js';

const posix = [{ pointer: '/command', dialect: 'posix-shell' as const }];
const power = [{ pointer: '/options/script', dialect: 'powershell' as const }];
const value = (template: JsonObject, ...args: Parameters<typeof scope>) => {
  const bound = bind(template, scope(...args), []);
  return bound.ok ? bound.value : bound.failure;
};
const command = (text: string, item: Json) => {
  const bound = bind({ command: text }, scope({ item }), posix);
  return bound.ok ? bound.value['command'] : bound.failure;
};
const nested = (depth: number): Json => {
  let v: Json = 1;
  for (let i = 0; i < depth; i++) v = [v];
  return v;
};

describe('a whole reference', () => {
  it.each<Json>([5, 0, '', false, [], {}, ['a', { b: null }], '<<input.x>>', '{{item}}'])('keeps the value %j and its type', (item) => expect(value({ a: '<<item>>', b: ['{{item}}'] }, { item })).toEqual({ a: item, b: [item] }));

  it('is looked up in its root', () => {
    const all = { item: { ip: '10.0.0.1' }, index: 3, input: { tag: 'web' }, steps: { q: { output: { assets: [{ hostname: 'a' }] }, items: [{ status: 'failed' }] } } };
    expect(value({ a: '<<item.ip>>', b: '<<index>>', c: '<<input.tag>>', d: '<<steps.q.output.assets[0].hostname>>', e: '<<steps.q.items[*].status>>' }, all)).toEqual({ a: '10.0.0.1', b: 3, c: 'web', d: 'a', e: ['failed'] });
  });
});

describe('a missing value', () => {
  it.each<[string, Parameters<typeof scope>[0]]>([
    ['<<item.ip>>', { item: {} }], ['<<item>>', {}], ['<<index>>', {}], ['x <<item.ip>>', { item: {} }], ['<<item.ip>>', { item: { ip: null } }], ['<<input.x>>', {}], ['<<steps.q.output>>', {}], ['<<item.toString>>', { item: {} }], ['<<item.length>>', { item: {} }],
    ['<<steps.q.output.list[*].ip>>', { steps: { q: { output: { list: [{ ip: 1 }, {}] } } } }],
  ])('%s fails before anything is sent, naming the reference', (text, given) => {
    expect(value({ a: text }, given)).toMatchObject({ code: 'reference-missing', retryable: false, message: expect.stringContaining(text.replace('x ', '')) as string });
  });

  it('becomes its default, with the type of that', () => {
    expect(value({ a: '<<item.x ?? 5>>', b: '<<item.x ?? []>>', c: 'to <<item.x ?? "nobody">>', d: '<<item.n ?? true>>' }, { item: { n: null } })).toEqual({ a: 5, b: [], c: 'to nobody', d: true });
  });

  it('a default is not used for what is there', () => expect(value({ a: '<<item.x ?? 5>>', b: '<<item.y ?? "d">>', c: '<<item.z ?? true>>' }, { item: { x: 0, y: '', z: false } })).toEqual({ a: 0, b: '', c: false }));
});

describe('inside a longer text', () => {
  it('scalars are written as text', () => expect(value({ a: '<<item>>:<<index>> <<input.b>>' }, { item: 'h', index: 1.5, input: { b: false } })).toEqual({ a: 'h:1.5 false' }));
  it.each<Json>([[1], { a: 1 }])('%j is refused', (item) => expect(value({ a: 'x <<item>>' }, { item })).toMatchObject({ code: 'input-invalid' }));
  it('what comes from a value is not searched for references', () => {
    expect(value({ a: '<<item>> <<input.x>>' }, { item: '<<input.x>>', input: { x: '<<item>>' } })).toEqual({ a: '<<input.x>> <<item>>' });
  });
});

describe('keys and other values', () => {
  it('stay as they are', () => expect(value({ '<<item>>': 1, n: null, l: [true, { x: 2.5 }] }, { item: 'x' })).toEqual({ '<<item>>': 1, n: null, l: [true, { x: 2.5 }] }));
});

describe('in a command', () => {
  it.each<[string, string, string]>([
    ['echo <<item>>', '$(touch canary)', "echo '$(touch canary)'"],
    ['echo <<item>>', "a'; touch canary; '", "echo 'a'\\''; touch canary; '\\'''"],
    ['echo "x <<item>> y"', '$HOME "\n', `echo "x "'$HOME "\n'" y"`],
    ["echo 'x <<item>> y'", "it's", "echo 'x ''it'\\''s'' y'"],
    ['echo <<item>>', '', "echo ''"],
  ])('%s holds %j as one piece of data', (text, item, result) => expect(command(text, item)).toBe(result));

  it.each([['NUL', 'a\0b'], ['half a character', 'a\ud800']])('%s is refused', (_what, item) => expect(command('echo <<item>>', item)).toMatchObject({ code: 'input-invalid' }));

  it('a whole command may come from an input of the run, never from a result', () => {
    expect(bind({ command: '<<input.c>>' }, scope({ input: { c: 'ls -l' } }), posix)).toEqual({ ok: true, value: { command: 'ls -l' } });
    expect(bind({ command: '<<input.c>>' }, scope({ input: { c: ['ls'] } }), posix)).toMatchObject({ ok: false, failure: { code: 'input-invalid' } });
    expect(command('<<item>>', 'ls')).toMatchObject({ code: 'input-invalid' });
    expect(bind({ options: '<<item>>' }, scope({ item: { script: 'reboot' } }), power)).toMatchObject({ ok: false, failure: { code: 'input-invalid' } });
  });

  it('of PowerShell five kinds of quotes are data', () => {
    const bound = bind({ options: { script: 'Write-Output <<item>>' } }, scope({ item: "'‘’‚‛\"`$(x)" }), power);
    const script = bound.ok ? (bound.value['options'] as JsonObject)['script'] as string : '';
    const [before, encoded] = script.split(/FromBase64String\('|'\)/);
    expect(before).toBe('Write-Output ([Text.Encoding]::UTF8.GetString([Convert]::');
    expect(Buffer.from(encoded!, 'base64').toString('utf8')).toBe("'‘’‚‛\"`$(x)");
  });

  it('other inputs of the tool are no command', () => expect(bind({ command: 'ls', name: 'x <<item>>' }, scope({ item: '$(y)' }), posix)).toEqual({ ok: true, value: { command: 'ls', name: 'x $(y)' } }));
});

describe('limits', () => {
  const big = 'x'.repeat(LIMITS.renderedInputBytes);
  it.each<[string, JsonObject, Json]>([
    ['a text of 1 MiB', { a: '<<item>>' }, big], ['parts that are too long together', { a: '<<item>>', b: '<<item>>' }, big.slice(0, 600_000)], ['a million elements', { a: '<<item>>' }, Array.from({ length: 1_000_000 }, () => 1)],
    ['a thousand copies', { a: '<<item>>'.repeat(1000) }, big.slice(0, 900_000)], ['wide characters', { a: '<<item>>' }, 'é'.repeat(600_000)], ['a hundred thousand levels', { a: '<<item>>' }, nested(100_000)], ['300 levels', { a: ['<<item>>'] }, nested(300)],
  ])('%s are refused, not sent', (_what, template, item) => expect(value(template, { item })).toMatchObject({ code: 'limit-exceeded' }));

  it('what fits is bound', () => {
    expect(value({ a: '<<item>>' }, { item: big.slice(0, 1_000_000) })).toMatchObject({ a: expect.any(String) as string });
    expect(value({ a: '<<item>>' }, { item: nested(200) })).toHaveProperty('a');
  });

  it('a large list that every item holds is measured once', () => {
    const list = Array.from({ length: 20_000 }, (_, i) => ({ ip: `10.0.${i % 255}.1` }));
    const template = { a: '<<input.list>>', b: '<<index>>' };
    const bindAll = () => { for (let index = 0; index < 5000; index++) ok(bind(template, scope({ index, input: { list } }), []).ok); };
    expect(cpuTimeOf(() => process.cpuUsage(), bindAll)).toBeLessThan(3000);
  });
});

describe('the list of a fan-out', () => {
  const list = (forEach: string, output: Json) => resolveList(step(0, { forEach }), scope({ steps: { q: { output } } }));
  it('is the value of its reference', () => expect(list('<<steps.q.output.l>>', { l: [1, '<<item>>'] })).toEqual({ ok: true, items: [1, '<<item>>'] }));
  it('may be empty', () => expect(list('<<steps.q.output.l>>', { l: [] })).toEqual({ ok: true, items: [] }));
  it('may have a default', () => expect(list('<<steps.q.output.l ?? []>>', {})).toEqual({ ok: true, items: [] }));
  it.each<[string, Json, string]>([['no list', { l: 'abc' }, 'input-invalid'], ['an object', { l: { length: 3 } }, 'input-invalid'], ['nothing', {}, 'reference-missing'], ['null', { l: null }, 'reference-missing'], ['too long', { l: Array.from({ length: LIMITS.items + 1 }, () => 1) }, 'limit-exceeded']])('%s fails', (_what, output, code) => {
    expect(list('<<steps.q.output.l>>', output)).toMatchObject({ ok: false, failure: { code } });
  });
});

describe('an output mapping', () => {
  const compiled = compileDocument([{ id: 'primary', role: 'primary', tool: 'anything', outputMapping: { type: '{primary.data.rows[0].attributes.type}', rows: '{primary.data.rows.length}', literal: 'x', list: [1, '{nobody.x}'] } }], TOOLS).plan!;
  it('makes the output of nested fields, places and literals', () => {
    const output = { data: { rows: [{ attributes: { type: 'linux' } }] } };
    expect(mapOutput(compiled.steps[0]!, scope({ steps: { primary: { output } } }))).toEqual({ ok: true, value: { type: 'linux', rows: 1, literal: 'x', list: [1, '{nobody.x}'] } });
  });
  it('fails when a value is missing', () => expect(mapOutput(compiled.steps[0]!, scope({ steps: { primary: { output: {} } } }))).toMatchObject({ ok: false, failure: { code: 'reference-missing' } }));
  it('that is left out gives the output as it is', () => expect(mapOutput(step(0), scope({ steps: { s0: { output: 7 } } }))).toEqual({ ok: true, value: 7 }));
});

describe('the target', () => {
  it.each<[string | null, JsonObject, string | null]>([[null, { a: 'h' }, null], ['/a', { a: 'h' }, 'h'], ['/a/b', { a: { b: 'h' } }, 'h'], ['/a', { a: ['h', 1, 'i'] }, 'h, i'], ['/a', { a: 5 }, null], ['/a', {}, null], ['/a', { a: 'x\0y' }, 'x\uFFFDy'], ['/a', { a: 'x'.repeat(300) }, 'x'.repeat(255)]])('at %p of %j', (target, inputs, label) => {
    expect(targetOf({ target }, inputs)).toBe(label);
  });
});
