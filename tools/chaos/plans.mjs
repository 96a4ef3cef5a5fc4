// The plans of a chaos run. Every item of a step that does something outside is known there as `<tag of the run>.<step>.<index>`.

/**
 * What items of a tool do outside: `ledger`: whether they leave a side effect in the ledger; `once`: whether that may happen once only (the tool is not idempotent).
 * @type {Readonly<Record<string, { ledger: boolean, once: boolean }>>}
 */
export const TOOLS = {
  'run-command': { ledger: true, once: true },
  'disk-usage': { ledger: true, once: false },
  'dns-lookup': { ledger: true, once: false },
  'asset-query': { ledger: false, once: false },
};

const RETRY = { maxAttempts: 20, backoff: { initialMs: 300, factor: 1.6, maxMs: 3000, jitter: true } };

/** Items of the steps of a sub-plan. */
export const PART_TOTALS = { write: 1, read: 1 };

/** Id of an item in the ledger. */
export function ledgerId(tag, step, index) {
  return `${tag}.${step}.${index}`;
}

/**
 * The plan of the run with this number; kinds take turns.
 * @param {number} number
 * @param {{ random: import('./random.mjs').Random, addresses: readonly string[], dnsPort: number }} world addresses of the hosts
 * @returns {{ kind: string, tag: string, plan: object, inputs: object, totals: Record<string, number> }} totals: items that each step has when it is not skipped
 */
export function planOf(number, { random, addresses, dnsPort }) {
  const tag = `r${number}`;
  const kind = KINDS[number % KINDS.length];
  const made = kind({ random, steps: stepsFor(dnsPort), hosts: (count) => Array.from({ length: count }, () => ({ ip: random.pick(addresses), ms: random.int(10, 400) })) });
  const inputs = { run: tag, ...made.inputs };
  return { kind: kind.name, tag, plan: { name: `chaos ${kind.name}`, inputs, steps: made.steps }, inputs, totals: made.totals };
}

/** Steps that write and steps that read, alone, for each element of a list, or in a loop. */
function stepsFor(dnsPort) {
  const common = (id, more) => ({ id, retry: RETRY, onFailure: 'continue', ...more });
  const command = (id, at) => ({ command: `mark <<input.run>>.${id}.${at} hold <<item.ms>>`, target_host: '<<item.ip>>' });
  return {
    write: (id, forEach, more) => common(id, { tool: 'run-command', forEach, inputs: command(id, '<<index>>'), ...more }),
    writeInLoop: (id, more) => common(id, { tool: 'run-command', inputs: { command: `mark <<input.run>>.${id}.<<iteration>> hold 100`, target_host: '<<input.host>>' }, ...more }),
    read: (id, forEach, more) => common(id, { tool: 'disk-usage', forEach, inputs: { target_host: '<<item.ip>>', path: `/<<input.run>>.${id}.<<index>>` }, ...more }),
    look: (id, forEach, more) => common(id, { tool: 'dns-lookup', forEach, inputs: { name: `<<input.run>>.${id}.<<index>>.chaos`, server: '127.0.0.1', port: dnsPort }, ...more }),
    lookInLoop: (id, more) => common(id, { tool: 'dns-lookup', inputs: { name: `<<input.run>>.${id}.<<iteration>>.chaos`, server: '127.0.0.1', port: dnsPort }, ...more }),
    query: (id, limit) => common(id, { tool: 'asset-query', inputs: { filters: { tags: 'chaos' }, sort: 'hostname', limit } }),
  };
}

const KINDS = [fanOut, chain, loop, approval, inventory, subPlan, branchAndWait];

function fanOut({ random, steps, hosts }) {
  const count = random.int(3, 10);
  return {
    inputs: { hosts: hosts(count) }, totals: { write: count, read: count },
    steps: [steps.write('write', '<<input.hosts>>', { map: { concurrency: random.int(2, 10) } }), steps.read('read', '<<input.hosts>>', { dependsOn: ['write'] })],
  };
}

function chain({ steps, hosts }) {
  const list = '<<input.hosts>>';
  return {
    inputs: { hosts: hosts(1) }, totals: { first: 1, second: 1, third: 1, last: 1 },
    steps: [steps.write('first', list), steps.look('second', list, { dependsOn: ['first'] }), steps.write('third', list, { dependsOn: ['second'] }), steps.read('last', list, { dependsOn: ['third'] })],
  };
}

function loop({ random, steps, hosts }) {
  const rounds = random.int(2, 4);
  return {
    inputs: { host: hosts(1)[0].ip, last: rounds - 1 }, totals: { turn: rounds, glance: rounds },
    steps: [{
      id: 'rounds', loop: { until: { field: 'iteration', operator: '>=', value: '<<input.last>>' }, maxIterations: 10, steps: [steps.writeInLoop('turn'), steps.lookInLoop('glance', { dependsOn: ['turn'] })] },
    }],
  };
}

function approval({ random, steps, hosts }) {
  const count = random.int(2, 5);
  return {
    inputs: { hosts: hosts(count) }, totals: { look: count, write: count },
    steps: [steps.look('look', '<<input.hosts>>'), { id: 'ask', dependsOn: ['look'], approval: { message: 'go on?' } }, steps.write('write', '<<input.hosts>>', { dependsOn: ['ask'] })],
  };
}

function inventory({ random, steps }) {
  const count = random.int(2, 6);
  return {
    inputs: { ms: random.int(10, 300) }, totals: { query: 1, write: count, look: count },
    steps: [
      steps.query('query', count),
      steps.write('write', '<<query.assets>>', { inputs: { target_host: '<<item.ip_address>>', command: 'mark <<input.run>>.write.<<index>> hold <<input.ms>>' } }),
      steps.look('look', '<<query.assets>>'),
    ],
  };
}

function subPlan({ steps, hosts }) {
  return {
    inputs: { hosts: hosts(2) }, totals: { before: 2 },
    steps: [
      steps.look('before', '<<input.hosts>>'),
      { id: 'part', forEach: '<<input.hosts>>', dependsOn: ['before'], inputs: { run: '<<input.run>>.c<<index>>', hosts: ['<<item>>'] }, onFailure: 'continue',
        orchestration: { inputs: { run: '', hosts: [] }, steps: [steps.write('write', '<<input.hosts>>'), steps.read('read', '<<input.hosts>>', { dependsOn: ['write'] })] } },
    ],
  };
}

function branchAndWait({ random, steps, hosts }) {
  const taken = random.int(0, 1);
  return {
    inputs: { hosts: hosts(2), taken }, totals: taken ? { write: 2, after: 2 } : { read: 2, after: 2 },
    steps: [
      { id: 'pause', wait: { ms: random.int(50, 800) } },
      { id: 'choose', dependsOn: ['pause'], branch: [{ when: { field: 'input.taken', operator: '==', value: 1 }, steps: [steps.write('write', '<<input.hosts>>')] }], else: [steps.read('read', '<<input.hosts>>')] },
      steps.write('after', '<<input.hosts>>', { dependsOn: ['choose'] }),
    ],
  };
}

/** One step of commands over many items. */
export function fanOutPlan({ tag, count, holdMs, addresses }) {
  const inputs = { run: tag, hosts: Array.from({ length: count }, (_, i) => addresses[i % addresses.length]) };
  return {
    plan: { name: `chaos ${tag}`, inputs: { run: tag, hosts: [] }, steps: [
      { id: 'write', tool: 'run-command', retry: RETRY, forEach: '<<input.hosts>>', inputs: { target_host: '<<item>>', command: `mark <<input.run>>.write.<<index>> hold ${holdMs}` }, map: { concurrency: 200 } },
    ] },
    inputs,
  };
}

/** Queues in which the jobs of {@link wipePlan} wait, as many in each. */
export const WIPE_QUEUES = ['automation-service', 'network-service'];

/** `count` jobs at once in each of {@link WIPE_QUEUES}; all may be repeated. */
export function wipePlan({ tag, count, addresses, dnsPort }) {
  const steps = stepsFor(dnsPort);
  const map = { concurrency: count };
  return {
    plan: { name: `chaos ${tag}`, inputs: { run: tag, hosts: [] }, steps: [steps.read('read', '<<input.hosts>>', { map }), steps.look('look', '<<input.hosts>>', { map })] },
    inputs: { run: tag, hosts: Array.from({ length: count }, (_, i) => ({ ip: addresses[i % addresses.length] })) },
  };
}

/** Goes on and on, a short step after the other. */
export function steadyPlan({ tag, host, dnsPort, writes }) {
  const steps = stepsFor(dnsPort);
  return {
    plan: { name: 'chaos steady', inputs: { run: tag, host }, steps: [
      { id: 'rounds', loop: { until: { field: 'iteration', operator: '>=', value: 998 }, maxIterations: 1000, steps: [writes ? steps.writeInLoop('turn') : steps.lookInLoop('turn'), { id: 'pace', wait: { ms: 200 } }] } },
    ] },
    inputs: { run: tag, host },
  };
}
