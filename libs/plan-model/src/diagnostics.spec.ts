import { readFileSync } from 'node:fs';
import { compileDocument } from './compile.js';
import { DIAGNOSTIC_CODES, type DiagnosticCode } from './diagnostics.js';
import { LIMITS } from './plan.js';
import type { PlanLookup } from './plan-lookup.js';
import { TOOLS } from './testing/catalogue.js';
import { storedPlans } from './testing/stored-plans.js';
import { patched } from './testing/json-patch.js';

const query = { id: 'q', tool: 'asset-query', inputs: {} };
const ping = (target_host: unknown, more: object = {}) => ({ id: 'p', tool: 'ping', inputs: { target_host }, ...more });
const sh = (command: string, more: object = {}) => ({ id: 's', tool: 'run-command', inputs: { target_host: 'h', command }, ...more });
const ps = (script: string) => ({ id: 's', tool: 'run-script', inputs: { target_host: 'h', options: { script } } });
const plan = (...steps: unknown[]) => ({ steps });
const deep = (n: number): unknown => (n === 0 ? 1 : { a: deep(n - 1) });

const nested = (n: number): object => (n === 0 ? query : { id: `l${n}`, loop: { forEach: '<<input.x ?? []>>', steps: [nested(n - 1)] } });

/** What is wrong, where, and whether the fix that comes with it mends the plan. */
type Case = readonly [code: DiagnosticCode, what: string, document: unknown, pointer: string, mend?: 'fix'];

const TWICE = { while: { field: 'iteration', operator: '<', value: 2 }, maxIterations: 3 };
const CASES: readonly Case[] = [
  ['invalid-value', 'no plan at all', 'steps', ''],
  ['invalid-value', 'null', null, ''],
  ['invalid-value', 'no steps', {}, '/steps'],
  ['invalid-value', 'a step that is no object', plan(5), '/steps/0'],
  ['invalid-value', 'a step without a tool', plan({ id: 'a' }), '/steps/0'],
  ['invalid-value', 'a tool that is no text', plan({ tool: 5 }), '/steps/0/tool'],
  ['invalid-value', 'a time of 0', plan({ ...query, timeoutMs: 0 }), '/steps/0/timeoutMs'],
  ['invalid-value', 'a time over a day', { ...plan(query), timeout_ms: 86_400_001 }, '/timeout_ms'],
  ['invalid-value', 'an unknown strategy', { ...plan(query), execution_strategy: 'fast' }, '/execution_strategy'],
  ['invalid-value', 'an unknown role', plan({ ...query, role: 'boss' }), '/steps/0/role'],
  ['invalid-value', 'one thing said twice', plan({ ...query, dependsOn: [], depends_on: [] }), '/steps/0/depends_on'],
  ['invalid-value', 'no attempts', plan({ ...query, retry: { maxAttempts: 0 } }), '/steps/0/retry/maxAttempts'],
  ['invalid-value', 'a retry that is a text', plan({ ...query, retry: 'often' }), '/steps/0/retry'],
  ['invalid-value', 'a backoff that is a list', plan({ ...query, retry: { maxAttempts: 2, backoff: [] } }), '/steps/0/retry/backoff'],
  ['invalid-value', 'a concurrency of 0', plan({ ...query, map: { concurrency: 0 } }), '/steps/0/map/concurrency'],
  ['invalid-value', 'a share over 100 %', plan({ ...query, map: { failureThreshold: '101%' } }), '/steps/0/map/failureThreshold'],
  ['invalid-value', 'a condition without an operator', plan({ ...query, when: { field: 'input.x' } }), '/steps/0/when/operator'],
  ['invalid-value', 'a condition inside another', plan({ ...query, when: { all: [{ not: { field: 5, operator: '==', value: 1 } }] } }), '/steps/0/when/all/0/not/field'],
  ['invalid-value', 'a NUL character', plan(ping('a\0b')), '/steps/0/inputs/target_host'],
  ['invalid-value', 'half a character', plan(ping('a\ud800')), '/steps/0/inputs/target_host'],
  ['invalid-value', 'a number that JSON does not have', plan(ping('h', { timeoutMs: Infinity })), '/steps/0/timeoutMs'],
  ['invalid-value', 'a command that shows other than it runs', plan(sh('echo \u202Emoc.live')), '/steps/0/inputs/command'],
  ['unknown-key', 'a slip in a key of the plan', { ...plan(query), step: [] }, '/step'],
  ['unknown-key', 'a slip in a key of a step', plan({ id: 'q', tol: 'asset-query', inputs: {} }), '/steps/0/tol', 'fix'],
  ['unknown-key', 'a slip in a key beside the right one', plan({ ...query, tol: 'ping' }), '/steps/0/tol', 'fix'],
  ['unknown-key', 'a key of backoff', plan({ ...query, retry: { maxAttempts: 2, backoff: { initial_ms: 5 } } }), '/steps/0/retry/backoff/initial_ms', 'fix'],
  ['unknown-key', 'a key of map', plan({ ...query, map: { speed: 5 } }), '/steps/0/map/speed'],
  ['limit-exceeded', 'too many steps', plan(...Array.from({ length: LIMITS.steps + 1 }, () => ({ tool: 'asset-query' }))), '/steps'],
  ['limit-exceeded', 'too large a plan', plan(ping('x'.repeat(1_000_000))), ''],
  ['limit-exceeded', 'a million elements', { inputs: { list: Array.from({ length: 1_000_000 }, () => 0) }, ...plan(query) }, ''],
  ['limit-exceeded', 'too deep a plan', plan({ tool: 'anything', inputs: deep(40) }), `/steps/0/inputs${'/a'.repeat(LIMITS.nesting - 1)}`],
  ['limit-exceeded', 'ten thousand levels', plan({ tool: 'anything', inputs: deep(5000) }), `/steps/0/inputs${'/a'.repeat(LIMITS.nesting - 1)}`],
  ['forbidden-key', '__proto__ as a key', JSON.parse('{"steps":[{"id":"q","tool":"asset-query","inputs":{"__proto__":{"x":1}}}]}'), '/steps/0/inputs/__proto__'],
  ['forbidden-key', 'constructor as a key', { ...plan(query), constructor: 1 }, '/constructor'],
  ['unsupported-option', 'a retry of an approval', plan({ id: 'a', approval: { message: 'go?' }, retry: { maxAttempts: 2 } }), '/steps/0/retry', 'fix'],
  ['unsupported-option', 'a loop with inputs', plan({ id: 'l', inputs: {}, loop: { forEach: '<<input.x ?? []>>', steps: [query] } }), '/steps/0/inputs', 'fix'],
  ['unsupported-option', 'a lock of an approval', plan({ id: 'a', approval: { message: 'go?' }, map: { lock: true } }), '/steps/0/map/lock', 'fix'],
  ['unsupported-option', 'a rate of a wait', plan({ id: 'w', wait: { ms: 5 }, map: { rateLimit: { limit: 1, perMs: 1000 } } }), '/steps/0/map/rateLimit', 'fix'],
  ['unsupported-option', 'a lock with a key of a decision', plan({ id: 'd', decide: { question: 'which?', choices: ['a', 'b'], default: 'a' }, map: { lock: 'rack' } }), '/steps/0/map/lock', 'fix'],
  ['unsupported-option', 'a rate of a sub-plan', plan({ id: 's', orchestration: plan(query), map: { rate: { limit: 1, perMs: 1000 } } }), '/steps/0/map/rate', 'fix'],
  ['unsupported-option', 'a lock of a target that the tool lacks', plan({ ...query, map: { lock: true } }), '/steps/0/map/lock', 'fix'],
  ['unsupported-option', 'a rate by a target that the tool lacks', plan({ ...query, map: { rate: { key: 'target', limit: 1, perMs: 1000 } } }), '/steps/0/map/rate/key', 'fix'],
  ['no-steps', 'an empty plan', plan(), '/steps'],
  ['no-steps', 'an empty list', [], '/steps'],
  ['invalid-id', 'a dot in an id', plan({ ...query, id: 'a.b' }), '/steps/0/id'],
  ['invalid-id', 'an id that begins references', plan({ ...query, id: 'item' }), '/steps/0/id'],
  ['invalid-id', '__proto__ as an id', plan({ ...query, id: '__proto__' }), '/steps/0/id'],
  ['invalid-id', 'too long an id', plan({ ...query, id: 'a'.repeat(65) }), '/steps/0/id'],
  ['duplicate-id', 'two equal ids', plan(query, query), '/steps/1/id'],
  ['duplicate-id', 'an id that another step has by its place', plan({ ...query, id: 'step-2' }, { tool: 'asset-query' }), '/steps/1'],
  ['unknown-tool', 'a slip in a tool', plan({ tool: 'asset-qery', inputs: {} }), '/steps/0/tool', 'fix'],
  ['unknown-tool', 'a tool like nothing', plan({ tool: 'frobnicate' }), '/steps/0/tool'],
  ['unknown-argument', 'an argument that is not there', plan(ping('h', { inputs: { target_host: 'h', colour: 'red' } })), '/steps/0/inputs/colour', 'fix'],
  ['unknown-argument', 'a slip in an argument', plan(ping('h', { inputs: { target_hst: 'h' } })), '/steps/0/inputs/target_hst', 'fix'],
  ['unknown-argument', 'an argument inside another', plan({ ...query, inputs: { filters: { 'a/b': 1 } } }), '/steps/0/inputs/filters/a~1b', 'fix'],
  ['missing-argument', 'no arguments', plan({ id: 'p', tool: 'ping', inputs: {} }), '/steps/0/inputs'],
  ['missing-argument', 'no inputs', plan({ id: 'p', tool: 'ping' }), '/steps/0/inputs'],
  ['wrong-type', 'a number for a text', plan(ping(5)), '/steps/0/inputs/target_host'],
  ['wrong-type', 'a value that is not one of a list', plan({ ...query, inputs: { fields: ['hostname', 'password_hash'] } }), '/steps/0/inputs/fields/1'],
  ['wrong-type', 'a number out of its range', plan(ping('h', { inputs: { target_host: 'h', count: 1000 } })), '/steps/0/inputs/count'],
  ['bad-address', 'an address with 300 in it', plan({ ...query, inputs: { filters: { ip_address: '10.0.0.300' } } }), '/steps/0/inputs/filters/ip_address'],
  ['bad-address', 'a network of 33 bits', plan({ id: 'n', tool: 'nmap', inputs: { targets: ['10.0.0.0/24', '10.0.0.0/33'] } }), '/steps/0/inputs/targets/1'],
  ['bad-address', 'a range that runs backwards', plan({ id: 'n', tool: 'nmap', inputs: { targets: '10.0.0.9-10.0.0.1' } }), '/steps/0/inputs/targets'],
  ['credential-dropped', 'a log-in', plan(ping('h', { inputs: { target_host: 'h', username: 'root', password: 'hunter2' } })), '/steps/0/inputs/username'],
  ['credential-dropped', 'a secret in a list', plan({ tool: 'anything', inputs: { hosts: [{ ip: 'a', 'ssh-password': 'hunter2' }] } }), '/steps/0/inputs/hosts/0/ssh-password'],
  ['credential-dropped', 'a secret beside the inputs', plan({ ...query, password: 'hunter2' }), '/steps/0/password'],
  ['credential-dropped', 'a secret among the inputs of the plan', { inputs: { apiKey: 'hunter2' }, ...plan(query) }, '/inputs/apiKey'],
  ['reference-syntax', 'a reference that is not closed', plan(ping('<<input.ip')), '/steps/0/inputs/target_host'],
  ['reference-syntax', 'a sum', plan(ping('<<input.a + 1>>')), '/steps/0/inputs/target_host'],
  ['reference-syntax', 'steps without a name', plan(ping('<<steps[0].output>>')), '/steps/0/inputs/target_host'],
  ['forbidden-path', '__proto__', plan(query, ping('<<steps.q.output.__proto__.x>>')), '/steps/1/inputs/target_host'],
  ['forbidden-path', 'constructor, quoted', plan(query, ping('<<q["constructor"].name>>')), '/steps/1/inputs/target_host'],
  ['forbidden-path', '__proto__ in a default', plan(ping('<<input.x ?? {"__proto__":1}>>')), '/steps/0/inputs/target_host'],
  ['unknown-root', 'a slip in a step', plan({ ...query, id: 'query' }, ping('<<qery.x>>')), '/steps/1/inputs/target_host'],
  ['unknown-root', 'assets without a query', plan(ping('<<hostnames[0]>>')), '/steps/0/inputs/target_host'],
  ['unknown-input', 'an input that is not declared', { inputs: { host: 'h' }, ...plan(ping('<<input.hst>>')) }, '/steps/0/inputs/target_host'],
  ['unknown-step', 'a reference', plan(ping('<<steps.nobody.output.ip>>')), '/steps/0/inputs/target_host'],
  ['unknown-step', 'a dependency', plan(query, ping('h', { depends_on: ['q', 'nobody'] })), '/steps/1/depends_on/1'],
  ['unknown-step', 'a condition', plan(ping('h', { when: { field: 'steps.nobody.output.x', operator: 'exists' } })), '/steps/0/when'],
  ['unknown-step', 'the context', plan(ping('<<context.nobody>>')), '/steps/0/inputs/target_host'],
  ['unknown-field', 'a field', plan(query, ping('<<steps.q.output.asets[0].hostname>>')), '/steps/1/inputs/target_host'],
  ['unknown-field', 'a field of a list element', plan(query, ping('<<steps.q.output.assets[0].hostnme>>')), '/steps/1/inputs/target_host'],
  ['unknown-field', 'a field of every list element', plan(query, { id: 'n', tool: 'nmap', inputs: { targets: '<<steps.q.output.assets[*].hostnme>>' } }), '/steps/1/inputs/targets'],
  ['unknown-field', 'a field of item', plan(query, ping('<<item.hostnme>>')), '/steps/1/inputs/target_host'],
  ['unknown-field', 'neither output nor items', plan(query, ping('<<steps.q.result>>')), '/steps/1/inputs/target_host'],
  ['unknown-field', 'a field in a condition', plan(query, ping('h', { when: { field: 'q.count', operator: '>', value: 1 } })), '/steps/1/when'],
  ['unknown-field', 'a field in a mapping', plan({ ...query, output_mapping: { n: '{q.asset_cuont}' } }), '/steps/0/output_mapping/n'],
  ['unknown-field', 'what an output mapping left out', plan({ ...query, outputMapping: { n: '{q.asset_count}' } }, ping('<<steps.q.output.hostnames[0]>>')), '/steps/1/inputs/target_host'],
  ['not-an-ancestor', 'a step of its own output', plan(ping('<<steps.p.output.x>>')), '/steps/0/inputs/target_host'],
  ['not-an-ancestor', 'a mapping of its own items', plan({ ...query, outputMapping: { n: '<<steps.q.items.length>>' } }), '/steps/0/outputMapping/n'],
  ['item-outside-fan-out', 'item without a list', plan(ping('<<item.ip>>')), '/steps/0/inputs/target_host'],
  ['item-outside-fan-out', 'item in a condition', plan(query, ping('<<item.hostname>>', { when: { field: 'item.port', operator: '>', value: 1 } })), '/steps/1/when'],
  ['item-outside-fan-out', 'item in its own list', plan(query, ping('<<item>>', { for_each: '<<item.tags>>' })), '/steps/1/for_each'],
  ['item-outside-fan-out', 'item in an output mapping', plan(query, ping('<<item.hostname>>', { outputMapping: { host: '<<item.hostname>>' } })), '/steps/1/outputMapping/host'],
  ['ambiguous-item', 'two lists', plan(query, { ...query, id: 'r' }, ping('<<item.hostname>>')), '/steps/2/inputs/target_host'],
  ['not-a-list', 'a number', plan(query, ping('h', { forEach: '<<steps.q.output.asset_count>>' })), '/steps/1/forEach'],
  ['not-a-list', 'a step in place of its list', plan(query, ping('<<item.hostname>>', { forEach: '<<q>>' })), '/steps/1/forEach', 'fix'],
  ['not-a-list', 'a text', plan(query, ping('h', { for_each: 'all <<steps.q.output.assets>>' })), '/steps/1/for_each'],
  ['not-a-list', 'a default', plan(query, ping('h', { forEach: '<<steps.q.output.assets ?? "none">>' })), '/steps/1/forEach'],
  ['reference-type', 'a list for a text', plan(query, ping('<<steps.q.output.hostnames>>')), '/steps/1/inputs/target_host'],
  ['reference-type', 'a list inside a text', plan(query, ping('x-<<steps.q.output.hostnames>>')), '/steps/1/inputs/target_host'],
  ['command-from-value', 'a command of a result', plan(query, sh('<<steps.q.output.hostnames[0]>>')), '/steps/1/inputs/command'],
  ['command-from-value', 'what holds the command', plan({ id: 'a', tool: 'anything' }, { id: 's', tool: 'run-script', inputs: { target_host: 'h', options: '<<steps.a.output.options>>' } }), '/steps/1/inputs/options'],
  ['command-reference-unsafe', 'a value in a substitution', { inputs: { x: 1 }, ...plan(sh('echo $(cat <<input.x>>)')) }, '/steps/0/inputs/command'],
  ['command-reference-unsafe', 'a value in single quotes of PowerShell', { inputs: { x: 1 }, ...plan(ps("echo '<<input.x>>'")) }, '/steps/0/inputs/options/script'],
  ['cycle', 'two steps', plan({ ...query, id: 'a', dependsOn: ['b'] }, { ...query, id: 'b', dependsOn: ['a'] }), '/steps/0'],
  ['cycle', 'a step that waits for itself', plan(query, { ...query, id: 'b', dependsOn: ['b'] }), '/steps/1'],
  ['not-an-ancestor', 'what stands in a container, for its own condition', plan({ id: 'l', loop: { forEach: '<<n.hosts>>', steps: [{ id: 'n', tool: 'nmap', inputs: { targets: 'h' } }] } }), '/steps/0/loop/forEach'],
  ['not-an-ancestor', 'the other arm of a branch', plan({ id: 'b', branch: [{ when: { field: 'input.x ?? 1', operator: '==', value: 1 }, steps: [query] }], else: [ping('<<q.hostnames[0]>>')] }), '/steps/0/else/0/inputs/target_host'],
  ['iteration-outside-loop', 'iteration in a plain step', plan({ tool: 'anything', inputs: { n: '<<iteration>>' } }), '/steps/0/inputs/n'],
  ['group-order', 'a reference inside a group', plan({ ...query, parallelGroup: 'g' }, ping('<<q.hostnames[0]>>', { parallelGroup: 'g' })), '/steps/1/inputs/target_host'],
  ['unknown-orchestration', 'a name where nothing is stored', plan({ id: 'c', orchestration: 'patching@2' }), '/steps/0/orchestration'],
  ['unknown-orchestration', 'a slip in a name', plan({ id: 'c', orchestration: 'stored-scn@1' }), '/steps/0/orchestration'],
  ['orchestration-invalid', 'a stored plan with an error', plan({ id: 'c', orchestration: 'broken' }), '/steps/0/orchestration'],
  ['orchestration-invalid', 'a stored plan that holds itself', plan({ id: 'c', orchestration: 'endless' }), '/steps/0/orchestration'],
  ['unknown-argument', 'an input that a sub-plan does not declare', plan({ id: 'c', orchestration: 'stored-scan@1', inputs: { rang: '10.0.0.0/24' } }), '/steps/0/inputs/rang', 'fix'],
  ['command-from-value', 'a command of a result through a sub-plan', plan(query, { id: 'c', orchestration: { inputs: { c: 'true' }, steps: [sh('<<input.c>>')] }, inputs: { c: '<<q.hostnames[0]>>' } }), '/steps/1/inputs/c'],
  ['command-from-value', 'a command of a result through two sub-plans', plan(query, { id: 'c', orchestration: { inputs: { d: 'true' }, steps: [{ id: 'e', orchestration: { inputs: { c: 'true' }, steps: [sh('<<input.c>>')] }, inputs: { c: '<<input.d>>' } }] }, inputs: { d: 'x <<q.hostnames[0]>>' } }), '/steps/1/inputs/d'],
  ['unknown-tool', 'inside a sub-plan', plan({ id: 'c', orchestration: [{ tool: 'asset-qery', inputs: {} }] }), '/steps/0/orchestration/0/tool', 'fix'],
  ['unknown-tool', 'inside an arm', plan({ id: 'b', branch: [{ when: { field: 'input.x ?? 1', operator: '==', value: 1 }, steps: [{ tool: 'asset-qery' }] }] }), '/steps/0/branch/0/steps/0/tool', 'fix'],
  ['unknown-tool', 'in an alternative', plan({ ...query, onFailure: { alternative: { tool: 'asset-qery' } } }), '/steps/0/onFailure/alternative/tool', 'fix'],
  ['unknown-field', 'of a decision', plan({ id: 'd', decide: { question: 'go?', choices: ['yes', 'no'], default: 'no' } }, { ...query, when: { field: 'd.choise', operator: '==', value: 'yes' } }), '/steps/1/when'],
  ['unknown-field', 'of a step of a sub-plan', plan({ id: 'c', orchestration: 'stored-scan@1' }, ping('<<c.steps.scn.hosts[0].address>>')), '/steps/1/inputs/target_host'],
  ['unknown-field', 'of the element of a loop', plan(query, { id: 'l', loop: { forEach: '<<q.assets>>', steps: [ping('<<item.hostnme>>')] } }), '/steps/1/loop/steps/0/inputs/target_host'],
  ['not-a-list', 'a loop over a number', plan(query, { id: 'l', loop: { forEach: '<<q.asset_count>>', steps: [ping('h')] } }), '/steps/1/loop/forEach'],
  ['duplicate-id', 'ids inside and outside', plan(query, { id: 'l', loop: { forEach: '<<q.assets>>', steps: [query] } }), '/steps/1/loop/steps/0/id'],
  ['no-steps', 'an empty arm', plan({ id: 'b', branch: [{ when: { field: 'input.x ?? 1', operator: '==', value: 1 }, steps: [] }] }), '/steps/0/branch/0/steps'],
  ['no-steps', 'a loop of nothing', plan({ id: 'l', loop: { forEach: '<<input.x ?? []>>', steps: [] } }), '/steps/0/loop/steps'],
  ['limit-exceeded', 'too many steps in steps', plan(...Array.from({ length: 300 }, () => ({ tool: 'asset-query', onFailure: { alternative: { tool: 'asset-query' } } }))), '/steps'],
  ['limit-exceeded', 'steps in steps in steps', plan(nested(LIMITS.nesting + 2)), `/steps/0${'/loop/steps/0'.repeat(LIMITS.nesting + 1)}`],
  ['invalid-value', 'two kinds', plan({ ...query, wait: { ms: 5 } }), '/steps/0/wait'],
  ['invalid-value', 'an arm without a condition', plan({ id: 'b', branch: [{ steps: [query] }] }), '/steps/0/branch/0/when'],
  ['invalid-value', 'a branch without arms', plan({ id: 'b', branch: [] }), '/steps/0/branch'],
  ['invalid-value', 'a loop without an end', plan({ id: 'l', loop: { until: { field: 'iteration', operator: '>', value: 3 }, steps: [query] } }), '/steps/0/loop/maxIterations'],
  ['invalid-value', 'a loop of two modes', plan({ id: 'l', loop: { while: { field: 'iteration', operator: '<', value: 3 }, forEach: '<<input.x ?? []>>', steps: [query] } }), '/steps/0/loop'],
  ['invalid-value', 'an approval without a message', plan({ id: 'a', approval: {} }), '/steps/0/approval/message'],
  ['invalid-value', 'a default that is no choice', plan({ id: 'd', decide: { question: 'go?', choices: ['yes', 'no'], default: 'maybe' } }), '/steps/0/decide/default'],
  ['invalid-value', 'a single choice', plan({ id: 'd', decide: { question: 'go?', choices: ['yes'], default: 'yes' } }), '/steps/0/decide/choices'],
  ['invalid-value', 'a wait for both', plan({ id: 'w', wait: { ms: 5, signal: 'x' } }), '/steps/0/wait'],
  ['invalid-value', 'a wait for nothing', plan({ id: 'w', wait: {} }), '/steps/0/wait'],
  ['invalid-value', 'a wait that is over before its end', plan({ id: 'w', wait: { ms: 900 }, timeoutMs: 100 }), '/steps/0/timeoutMs', 'fix'],
  ['invalid-value', 'a signal with two times', plan({ id: 'w', wait: { signal: 'x', timeoutMs: 900 }, timeout_ms: 100 }), '/steps/0/timeout_ms', 'fix'],
  ['invalid-value', 'an approval that is over before it expires', plan({ id: 'a', approval: { message: 'go?', expiresMs: 1500 }, timeoutMs: 100 }), '/steps/0/timeoutMs', 'fix'],
  ['invalid-value', 'a signal with spaces', plan({ id: 'w', wait: { signal: 'a b' } }), '/steps/0/wait/signal'],
  ['invalid-value', 'waves that shrink', plan({ ...query, map: { waves: ['50%', '10%'] } }), '/steps/0/map/waves'],
  ['invalid-value', 'a rate without a limit', plan({ ...query, map: { rate: { key: 'tenant' } } }), '/steps/0/map/rate'],
  ['invalid-value', 'an adaptation that is none', plan({ ...query, adapt: { speed: 5 } }), '/steps/0/adapt'],
  ['invalid-value', 'what happens on failure is two things', plan({ ...query, onFailure: { alternative: ping('h'), compensate: [ping('h')] } }), '/steps/0/onFailure'],
  ['cycle', 'a serial plan that refers forward', { ...plan(ping('<<q.hostnames[0]>>'), query), execution_strategy: 'serial' }, '/steps/0'],
  ['previous-outside-loop', 'a step in no loop', plan(query, ping('<<previous.q.hostnames ?? "h">>')), '/steps/1/inputs/target_host'],
  ['previous-outside-loop', 'a step outside of the loop', plan(query, { id: 'l', loop: { ...TWICE, steps: [ping('<<previous.q.hostnames[0] ?? "h">>')] } }), '/steps/1/loop/steps/0/inputs/target_host'],
  ['previous-outside-loop', 'a step of the outer loop only', plan({ id: 'l', loop: { ...TWICE, steps: [query, { id: 'm', loop: { ...TWICE, steps: [ping('<<previous.q.hostnames[0] ?? "h">>')] } }] } }), '/steps/0/loop/steps/1/loop/steps/0/inputs/target_host'],
  ['previous-outside-loop', 'a container', plan({ id: 'l', loop: { ...TWICE, steps: [{ id: 'm', loop: { ...TWICE, steps: [query] } }, { tool: 'anything', inputs: { n: '<<previous.m.iterations ?? 0>>' } }] } }), '/steps/0/loop/steps/1/inputs/n'],
  ['previous-outside-loop', 'a step whose output is made of others', plan({ id: 'l', loop: { ...TWICE, steps: [query, { tool: 'anything', id: 'a', outputMapping: { n: '<<q.asset_count>>' } }, { tool: 'anything', inputs: { n: '<<previous.a.n ?? 0>>' } }] } }), '/steps/0/loop/steps/2/inputs/n'],
  ['previous-outside-loop', 'a step whose output is made of the element', plan({ id: 'l', loop: { forEach: '<<input.x ?? []>>', steps: [{ tool: 'anything', id: 'a', outputMapping: { n: '<<item>>' } }, { tool: 'anything', inputs: { n: '<<previous.a.n ?? 0>>' } }] } }), '/steps/0/loop/steps/1/inputs/n'],
  ['previous-outside-loop', 'a mapping', plan({ id: 'l', loop: { ...TWICE, steps: [{ tool: 'anything', id: 'a', outputMapping: { n: '<<previous.a.n ?? 0>>' } }] } }), '/steps/0/loop/steps/0/outputMapping/n'],
  ['unknown-step', 'an unknown step of the iteration before', plan({ id: 'l', loop: { ...TWICE, steps: [ping('<<previous.quer.x ?? "h">>')] } }), '/steps/0/loop/steps/0/inputs/target_host'],
  ['unknown-field', 'an unknown field of the iteration before', plan({ id: 'l', loop: { ...TWICE, steps: [{ ...query, dependsOn: ['p'] }, { ...ping('<<previous.q.hostnam[0]>>') }] } }), '/steps/0/loop/steps/1/inputs/target_host'],
  ['previous-without-default', 'the iteration before without a default', plan({ id: 'l', loop: { ...TWICE, steps: [query, ping('<<previous.q.hostnames[0]>>')] } }), '/steps/0/loop/steps/1/inputs/target_host'],
  ['cache-refused', 'a result of a tool with a credential', plan({ id: 'v', tool: 'Get-Volume', inputs: { target_host: 'h', drive_letter: 'C' }, cache: { ttlMs: 1000 } }), '/steps/0/cache', 'fix'],
  ['cache-refused', 'a result of a tool that acts', plan(sh('ls', { cache: { ttlMs: 1000 } })), '/steps/0/cache', 'fix'],
  ['invalid-value', 'a cache without a time', plan({ ...query, cache: true }), '/steps/0/cache'],
  ['invalid-value', 'a plan that bypasses something else', { ...plan(query), cache: 'never' }, '/cache'],
  ['unsupported-option', 'a wait from a cache', plan({ id: 'w', wait: { ms: 5 }, cache: false }), '/steps/0/cache'],
  ['retry-limited', 'a command that is repeated', plan(sh('reboot', { retry: { maxAttempts: 3 } })), '/steps/0/retry'],
];

/** Stored plans, among them one that does not compile and one that holds itself. */
const STORED: PlanLookup = storedPlans({ 'stored-scan': { inputs: { range: '10.0.0.0/30' }, steps: [{ id: 'scan', tool: 'nmap', inputs: { targets: '<<input.range>>' } }] }, broken: [{ tool: 'nobody' }], endless: [{ id: 'again', orchestration: 'endless' }] });

describe.each(CASES)('%s: %s', (code, _what, document, pointer, mend) => {
  const { plan: compiled, diagnostics } = compileDocument(document, TOOLS, STORED);
  const found = diagnostics.find((d) => d.code === code && d.pointer === pointer);

  it('is told with its place', () => expect(found ?? diagnostics).toMatchObject({ code, pointer, message: expect.stringMatching(/./) as string }));
  it('is an error, or a warning with a plan', () => expect(compiled === null).toBe(diagnostics.some((d) => d.severity === 'error')));
  it('repeats no secret', () => expect(JSON.stringify([diagnostics, compiled])).not.toContain('hunter2'));
  it(mend ? 'its fix mends the plan' : 'its fix, if it has one, can be applied', () => {
    if (mend) expect(found?.fix).toBeDefined();
    const mended = found?.fix && compileDocument(patched(document, found.fix), TOOLS, STORED);
    if (mend) expect(mended).toEqual({ plan: expect.anything() as object, diagnostics: [] });
    if (mended) expect(mended.diagnostics.map((d) => `${d.code} ${d.pointer}`)).not.toContain(`${code} ${pointer}`);
  });
});

it('every code has a case', () => {
  expect(Object.keys(DIAGNOSTIC_CODES).filter((code) => !CASES.some((c) => c[0] === code))).toEqual([]);
});

it('docs/diagnostics.md lists every code with its meaning', () => {
  const page = readFileSync(new URL('../../../docs/diagnostics.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \| (error|warning) \| (.+?) \|/gm)].map((m) => [m[1], m[2], m[3]]);
  const warnings = ['credential-dropped', 'previous-without-default', 'retry-limited'];
  expect(rows).toEqual(Object.entries(DIAGNOSTIC_CODES).map(([code, meaning]) => [code, warnings.includes(code) ? 'warning' : 'error', meaning]));
});
