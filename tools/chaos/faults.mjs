// What a chaos run does to the mesh. Each fault ends with everything as it was, and says what it did.
import { setTimeout as wait } from 'node:timers/promises';

/** BullMQ's lock of our workers lives 60 s (libs/worker-runtime/src/bullmq.server.ts); longer than this stands still past it. In milliseconds. */
const PAST_LOCK_MS = [62_000, 66_000];

/**
 * @typedef {object} Fault one that was injected
 * @property {string} kind
 * @property {string} target
 * @property {number[]} pids processes that it hit
 * @property {number} from Unix time in milliseconds
 * @property {number} to when everything was as before; Infinity while it lasts
 * @property {string[]} [hosts] addresses of hosts that it hit
 * @property {string} [failed] why it could not be done
 */

/**
 * Kinds by name. `weight`: how often, against the others. `targets`: what it may hit, members or places. `act`: does it, and says which `hosts` it hit, if any.
 * @type {Record<string, { weight: number, targets: (world: import('./world.mjs').World) => any[], act: (given: { world: import('./world.mjs').World, member: import('./member.mjs').Member, random: import('./random.mjs').Random }) => Promise<any> }>}
 */
export const FAULTS = {
  'kill -9': { weight: 8, targets: apps, act: ({ member, random }) => member.crash('SIGKILL', random.int(0, 2500)) },
  'stop and go on': { weight: 5, targets: apps, act: ({ member, random }) => member.standStill(random.int(1000, 9000)) },
  'stop, job locks gone': {
    weight: 2, targets: (world) => world.of('automation-service'),
    act: ({ world, member, random }) => Promise.all([member.standStill(random.int(7000, 10_000)), wait(500).then(() => forgetLocks(world, member.kind))]),
  },
  'redis killed': { weight: 2, targets: (world) => world.of('redis'), act: ({ member, random }) => member.crash('SIGKILL', random.int(100, 2000)) },
  'redis wiped': { weight: 2, targets: (world) => world.of('redis'), act: ({ world }) => world.redis.flushall() },
  'redis stalled': { weight: 2, targets: (world) => world.of('redis'), act: ({ world, random }) => world.redis.call('DEBUG', 'SLEEP', String(random.int(1, 5))) },
  'redis out of memory': { weight: 2, targets: (world) => world.of('redis'), act: ({ world, random }) => fillRedis(world, random.int(1000, 4000)) },
  'postgres stopped': { weight: 3, targets: (world) => world.of('postgres'), act: ({ member, random }) => member.crash('SIGQUIT', random.int(100, 2000)) },
  'postgres sessions ended': { weight: 2, targets: (world) => world.of('postgres'), act: ({ world }) => world.sql('select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()') },
  'way to redis cut': { weight: 3, targets: apps, act: ({ member, random }) => cut(member.ways.redis, random.int(200, 4000)) },
  'way to postgres cut': { weight: 3, targets: (world) => apps(world).filter((m) => m.ways.postgres), act: ({ member, random }) => cut(member.ways.postgres, random.int(200, 4000)) },
  'way to orchestrators cut': { weight: 2, targets: () => [place('balancer')], act: ({ world, random }) => cut(world.balancers.orchestrator, random.int(200, 2500)) },
  'way to asset services cut': { weight: 1, targets: () => [place('balancer')], act: ({ world, random }) => cut(world.balancers['asset-service'], random.int(200, 2500)) },
  'ssh connections cut': { weight: 4, targets: () => [place('hosts')], act: ({ world, random }) => dropSome(world, random) },
};

/** One that is planned apart from the others, for it lasts longer than a minute. */
const STOP_PAST_LOCK = { kind: 'stop past the lock', act: ({ member, random }) => member.standStill(random.int(...PAST_LOCK_MS)) };

/**
 * Injects one fault on a target that no other has hold of.
 * @returns {Promise<Fault | undefined>} undefined when there was no such target
 */
export async function inject(kind, world, random) {
  const { targets, act } = FAULTS[kind];
  return during({ kind, world, random, candidates: targets(world), act });
}

/** Past the lock: a worker of the automation service stands still. */
export function injectStopPastLock(world, random) {
  return during({ ...STOP_PAST_LOCK, world, random, candidates: world.of('automation-service') });
}

async function during({ kind, world, random, candidates, act }) {
  const start = random.int(0, candidates.length - 1);
  for (let i = 0; i < candidates.length; i++) {
    const member = candidates[(start + i) % candidates.length];
    const release = member.hold();
    if (!release) continue;
    /** @type {Fault} */
    const fault = { kind, target: member.name, pids: member.child ? [member.child.pid] : [], from: Date.now(), to: Infinity };
    world.faults.push(fault);
    try {
      fault.hosts = (await act({ world, member, random }))?.hosts;
    } catch (e) {
      // A store that another fault holds can't be spoken to: nothing was injected then.
      fault.failed = e.message;
    } finally {
      fault.to = Date.now();
      release();
    }
    return fault;
  }
  return undefined;
}

/** What is no process, and may be hit by several faults at once. */
function place(name) {
  return { name, hold: () => () => undefined };
}

function apps(world) {
  return world.members.filter((m) => m.kind !== 'redis' && m.kind !== 'postgres');
}

async function cut(way, ms) {
  way.cut();
  await wait(ms);
  way.mend();
}

async function fillRedis(world, ms) {
  await world.redis.config('SET', 'maxmemory', '1mb');
  try {
    await wait(ms);
  } finally {
    // It may have been killed meanwhile, and has its own limit again then.
    await world.redis.config('SET', 'maxmemory', '1gb').catch(() => undefined);
  }
}

/** Takes the locks of jobs away, as if their time had run out. */
async function forgetLocks(world, queue) {
  const keys = await world.redis.keys(`opsmesh:${queue}:*:lock`);
  if (keys.length > 0) await world.redis.del(...keys);
}

/** @returns {Promise<{ hosts: string[] }>} addresses of the hosts that dropped their connections */
async function dropSome(world, random) {
  const hosts = Array.from({ length: random.int(1, 6) }, () => random.pick(world.hosts));
  for (const host of hosts) host.dropConnections();
  return { hosts: hosts.map((h) => h.spec.address) };
}
