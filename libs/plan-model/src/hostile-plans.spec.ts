import { compileDocument } from './compile.js';
import { LIMITS } from './plan.js';
import { TOOLS } from './testing/catalogue.js';
import { cpuTimeOf } from './testing/cpu-time.js';

/** Computing time of one plan. Each takes a tenth of this; a check that is not linear takes minutes. */
const SOON_MS = 4000;

/** As many as fit into a plan. */
const fill = (part: (i: number) => string, bytes = LIMITS.planBytes - 20_000): string => {
  let text = '';
  for (let i = 0; text.length < bytes; i++) text += part(i);
  return text;
};
const many = <T>(n: number, part: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => part(i));
const steps = (n: number) => many(n, (i) => ({ id: `s${i}`, tool: 'asset-query' }));

const nested = (n: number, depth: number): object => (depth === 0 ? { id: `t${n}`, tool: 'ping', inputs: { target_host: '<<item.x>> <<q.hostnames[0] ?? 1>> <<iteration>>' } } : { id: `l${n}-${depth}`, loop: { forEach: '<<item.list ?? []>>', steps: [nested(n, depth - 1)] } });
const alternatives = (n: number, depth: number): object => ({ id: `a${n}-${depth}`, tool: 'asset-query', ...(depth === 0 ? {} : { onFailure: { alternative: alternatives(n, depth - 1) } }) });
const subPlan = (depth: number): object => ({ id: 's', ...(depth === 0 ? { tool: 'asset-query' } : { orchestration: { steps: [subPlan(depth - 1)] } }) });

/** Plans of the largest size that would cost most where a check is not linear. */
const PLANS: readonly (readonly [string, unknown])[] = [
  ['references to nothing, each with a nearest name to find', { steps: [...steps(400), { tool: 'anything', inputs: { text: fill((i) => `<<s${i}x>>`) } }] }],
  ['references to one step', { steps: [...steps(400), { tool: 'anything', inputs: { text: fill(() => '<<s399>>') } }] }],
  ['references in a list of another type', { steps: [{ id: 'q', tool: 'asset-query' }, { tool: 'ping', inputs: { target_host: many(20_000, () => '<<q.x>>') } }] }],
  ['wrong elements of a list', { steps: [{ tool: 'asset-query', inputs: { fields: many(50_000, () => 1), filters: { tags: many(20_000, () => 1) } } }] }],
  ['references among wrong elements', { steps: [{ id: 'q', tool: 'asset-query' }, { tool: 'asset-query', inputs: { fields: many(18_000, (i) => (i % 2 ? 1 : '<<q.x>>')) } }] }],
  ['an address of nothing but colons', { steps: [{ tool: 'ping', inputs: { target_host: `${fill(() => ':')}!` } }] }],
  ['unknown arguments', { steps: [{ tool: 'ping', inputs: Object.fromEntries(many(20_000, (i) => [`target_hos${i}`, 1])) }] }],
  ['unknown keys', { steps: [{ tool: 'ping', ...Object.fromEntries(many(20_000, (i) => [`inputz${i}`, 1])) }] }],
  ['unknown tools with long names', { steps: many(500, (i) => ({ tool: `asset-query${'x'.repeat(400)}${i}` })) }],
  ['steps that all use item, each a list', { steps: many(500, (i) => ({ id: `s${i}`, tool: 'asset-query', inputs: { filters: { tags: '<<item.hostname>>' } } })) }],
  ['steps that all use item, beside each other', { steps: [...steps(250), ...many(250, (i) => ({ id: `p${i}`, tool: 'ping', inputs: { target_host: '<<item.hostname>>' } }))] }],
  ['dependencies of all on all', { steps: many(200, (i) => ({ id: `s${i}`, tool: 'asset-query', dependsOn: many(Math.min(i, 150), (d) => `s${i - d - 1}`) })) }],
  ['open brackets', { steps: [{ tool: 'anything', inputs: { text: fill(() => '<<a ') } }] }],
  ['a reference that never ends', { steps: [{ tool: 'anything', inputs: { text: `<<a${fill(() => '.b')}>>` } }] }],
  ['a default that is a deep list', { steps: [{ tool: 'anything', inputs: { text: `<<input.x ?? ${'['.repeat(100_000)}` } }] }],
  ['a command of many quotes and values', { inputs: { x: 1 }, steps: [{ tool: 'run-command', inputs: { target_host: 'h', command: `echo ${fill(() => `"<<input.x>>" '`, 60_000)}` } }] }],
  ...([
    ['words of a wrapper', 'sudo', ' a'], ['wrappers', '', 'sudo '], ['interpreters', 'sudo', ' bash'], ['interpreters with an option', 'find .', ' bash -c'], ['evaluators', 'sudo', ' ssh'], ['letters of an option', 'bash -', 'c'],
  ] as const).map(([what, begin, part]) => [`a command of ${what}`, { inputs: { x: 1 }, steps: [{ tool: 'run-command', inputs: { target_host: 'h', command: `<<input.x>> ; ${begin}${fill(() => part)} ; a <<input.x>>` } }] }] as const),
  ...([['quotes', '""'], ['quotes behind blanks', ' "" '], ['values', '"<<input.x>>" '], ['values of parameters', ' -a:<<input.x>>'], ['calls', '& "a" '], ['values of a list', '<<input.x>>,']] as const)
    .map(([what, part]) => [`a script of ${what}`, { inputs: { x: 1 }, steps: [{ tool: 'run-script', inputs: { target_host: 'h', options: { script: `a ${fill(() => part)}` } } }] }] as const),
  ['a pattern that repeats repeats', { inputs: { x: 1 }, steps: [{ tool: 'anything', when: { field: 'input.x', operator: 'matches', value: '((((a{9}){9}){9}){9}){9}' } }] }],
  ['conditions beside each other', { inputs: { x: 1 }, steps: [{ tool: 'anything', when: { any: many(4000, () => ({ field: 'input.x', operator: '==', value: 1 })) } }] }],
  ['loops in loops, and references out of them', { steps: [{ id: 'q', tool: 'asset-query' }, ...many(30, (n) => nested(n, 15))] }],
  ['references into loops', { steps: [...many(100, (i) => ({ id: `l${i}`, loop: { forEach: '<<input.x ?? []>>', steps: [{ id: `s${i}`, tool: 'asset-query' }] } })), { tool: 'anything', inputs: { text: fill((i) => `<<s${i % 100}.asset_count>>`) } }] }],
  ['alternatives of alternatives', { steps: many(30, (n) => alternatives(n, 15)) }],
  ['one parallel group, and all that waits for it', { executionStrategy: 'serial', steps: [...many(250, (i) => ({ id: `g${i}`, tool: 'asset-query', parallelGroup: 'g' })), ...many(249, (i) => ({ id: `w${i}`, tool: 'asset-query', dependsOn: ['g0'] }))] }],
  ['sub-plans in sub-plans', { steps: [subPlan(12)] }],
  ['structure that never ends', many(1, () => { let deep: unknown = []; for (let i = 0; i < 20_000; i++) deep = [{ loop: { steps: deep } }]; return { tool: 'anything', loop: { steps: deep } }; })],
  ['an element in lists of lists of lists', { inputs: { x: [] }, steps: [nested(0, 15)] }],
  ['arms beside each other', { steps: [{ id: 'b', branch: many(480, () => ({ when: { field: 'input.x ?? 1', operator: '==', value: 1 }, steps: [{ tool: 'anything' }] })) }] }],
  ['credentials', { steps: [{ tool: 'anything', inputs: { list: many(10_000, () => ({ password: 1 })) } }] }],
  ['retries with other keys', { steps: [{ tool: 'anything', retry: { maxAttempts: 1, backoff: Object.fromEntries(many(20_000, (i) => [`k${i}`, 1])) } }] }],
];

it.each(PLANS)('%s are answered at once, in few words', (_what, document) => {
  let answer: ReturnType<typeof compileDocument> | undefined;
  expect(cpuTimeOf(() => process.cpuUsage(), () => { answer = compileDocument(document, TOOLS); })).toBeLessThan(SOON_MS);
  const { plan, diagnostics } = answer!;
  expect(plan === null).toBe(diagnostics.some((d) => d.severity === 'error'));
  expect(diagnostics.length).toBeLessThanOrEqual(200);
  expect(JSON.stringify(diagnostics).length).toBeLessThan(1_000_000);
});
