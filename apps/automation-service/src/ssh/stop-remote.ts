import { setTimeout as wait } from 'node:timers/promises';
import type { Client } from 'ssh2';
import type { Stop } from './outcome.js';
import { runScript } from './run-script.js';
import { Semaphore } from './semaphore.js';
import { stopScript, type ProcessGroup } from './stop-script.js';
import type { Sudo } from './sudo.js';

/** Time to stop a command, in milliseconds: more than the waits and looks of the script. */
export const STOP_MS = 3800;
/** Channels for stopping at once on a connection: what MaxSessions 10 leaves beside the 8 for commands. */
const STOP_CHANNELS = 2;
const TRIES = 3;
const connections = new WeakMap<Client, StopsOfConnection>();

export interface StopOptions {
  /** Point of `performance.now()` at which the answer is given, whatever is known by then. */
  readonly end: number;
  /** Of a command that was run by sudo. */
  readonly sudo?: Sudo | undefined;
}

/**
 * Ends a command's processes: TERM, then KILL after 1.5 s, to its process group, to the session of that group's leader (where a shell with job control
 * gives its forks groups of their own), to every process that left both but began with the nonce in its environment, and to the descendants of all these.
 * A command of sudo is stopped as its own user. `confirmed` means that the host was asked afterwards and none of them lives. What escapes is a process
 * that left group, session and environment behind and whose parent has ended before the stop.
 */
export function stopRemote(client: Client, group: ProcessGroup, options: StopOptions): Promise<Stop> {
  let stops = connections.get(client);
  if (!stops) connections.set(client, stops = new StopsOfConnection(client));
  return stops.stop(group, options);
}

/** Commands of one user that are stopped together. */
interface Together { readonly groups: ProcessGroup[]; readonly answered: Promise<(group: ProcessGroup) => Stop> }

/** Stops commands over one connection. Those that wait for a channel share the next one, so that many which end together are all told in time. */
class StopsOfConnection {
  private readonly places = new Semaphore(STOP_CHANNELS);
  /** What waits, by the user of sudo. */
  private readonly waiting = new Map<string, Together>();

  constructor(private readonly client: Client) {}

  async stop(group: ProcessGroup, options: StopOptions): Promise<Stop> {
    const user = options.sudo?.user ?? '';
    let together = this.waiting.get(user);
    if (!together) {
      const groups: ProcessGroup[] = [];
      this.waiting.set(user, together = { groups, answered: this.stopAll(user, groups, options) });
    }
    together.groups.push(group);
    return (await together.answered)(group);
  }

  private async stopAll(user: string, groups: readonly ProcessGroup[], { end, sudo }: StopOptions): Promise<(group: ProcessGroup) => Stop> {
    const release = await this.places.take(AbortSignal.timeout(Math.max(0, Math.floor(end - performance.now())))).catch(() => undefined);
    this.waiting.delete(user);
    if (!release) return () => ({ state: 'unconfirmed', detail: 'other commands were being stopped over the same connection' });
    let detail = '';
    try {
      for (let n = 1; n <= TRIES && performance.now() < end; n++) {
        try {
          const { stdout } = await runScript(this.client, stopScript(groups), { timeoutMs: end - performance.now(), sudo });
          return (group) => readStop(stdout, group);
        } catch (error) {
          detail = (error as Error).message;
        }
        if (n < TRIES) await wait(100 + Math.random() * 200 * n);
      }
      return () => ({ state: 'unconfirmed', detail });
    } finally {
      release();
    }
  }
}

function readStop(printed: string, { nonce }: ProcessGroup): Stop {
  const said = printed.split('\n').find((line) => line.startsWith(`${nonce} `))?.slice(nonce.length + 1) ?? '';
  if (said === 'gone') return { state: 'confirmed' };
  return { state: 'unconfirmed', detail: said.startsWith('left') ? `still running: processes ${said.slice(5)}` : 'the host did not say whether the processes ended' };
}
