import { setTimeout as wait } from 'node:timers/promises';
import type { Client } from 'ssh2';
import type { Stop } from './outcome.js';
import { EXEC_VARIABLE } from './remote-program.js';
import { runScript } from './run-script.js';
import { Semaphore } from './semaphore.js';
import type { Sudo } from './sudo.js';

/** The remote processes of one command. */
export interface ProcessGroup {
  /** Id of the process group, 0 when the host could give the command none of its own. */
  readonly pgid: number;
  /** Start time of its leader in the host's clock ticks (proc(5), field 22), '' where there is no /proc. It tells the group from a later one with the same id. */
  readonly startTime: string;
  /** Value of {@link EXEC_VARIABLE} in the environment of every program of the command. */
  readonly nonce: string;
}

/** Time to stop a command, in milliseconds: more than the two waits of the script, less than the time of grace that an aborted attempt has. */
export const STOP_MS = 4500;
/** Channels for stopping at once on a connection: what MaxSessions 10 leaves beside the 8 for commands. */
const STOP_CHANNELS = 2;
const TRIES = 3;
const never = new AbortController().signal;
const places = new WeakMap<Client, Semaphore>();

/**
 * Ends a command's processes: TERM, then KILL after 1.5 s, to its process group, to the session of that group's leader (where a shell with job control
 * gives its forks groups of their own), and to every process that left both but began with the nonce in its environment. A command of sudo is
 * stopped as its own user. `confirmed` means that the host was asked afterwards and none of them lives.
 */
export async function stopRemote(client: Client, group: ProcessGroup, sudo?: Sudo): Promise<Stop> {
  let semaphore = places.get(client);
  if (!semaphore) places.set(client, semaphore = new Semaphore(STOP_CHANNELS));
  const release = await semaphore.take(never);
  let detail = '';
  const end = performance.now() + STOP_MS;
  try {
    for (let n = 1; n <= TRIES && performance.now() < end; n++) {
      try {
        const answer = await runScript(client, stopScript(group), { timeoutMs: end - performance.now(), sudo });
        const said = answer.stdout.trim().split('\n').at(-1) ?? '';
        if (said === 'gone') return { state: 'confirmed' };
        return { state: 'unconfirmed', detail: said.startsWith('left') ? `still running: processes ${said.slice(5)}` : 'the host did not say whether the processes ended' };
      } catch (error) {
        detail = (error as Error).message;
      }
      if (n < TRIES) await wait(100 + Math.random() * 200 * n);
    }
    return { state: 'unconfirmed', detail };
  } finally {
    release();
  }
}

/** Prints `gone`, or `left` and the ids of what is left. Works on any POSIX shell; without /proc it knows the group only, and prints nothing where there is none. */
export function stopScript({ pgid, startTime, nonce }: ProcessGroup): string {
  return `
g=${pgid}
m=${EXEC_VARIABLE}=${nonce}
field() { IFS= read -r s 2>/dev/null <"/proc/$1/stat" || return 1; s=\${s##*") "}; }
if [ -n "${startTime}" ] && field "$g"; then
  set -- $s
  [ "\${20-}" = "${startTime}" ] || g=0
fi
[ "$g" != 0 ] || [ -r /proc/$$/stat ] || exit 0
alive() {
  found=
  if [ -r /proc/$$/stat ]; then
    for d in /proc/[0-9]*; do
      field "\${d#/proc/}" || continue
      set -- $s
      case $1 in Z|X) continue ;; esac
      # Group and session 0 are those of the kernel and of process 1.
      if [ "$g" != 0 ] && { [ "$3" = "$g" ] || [ "$4" = "$g" ]; }; then found="$found \${d#/proc/}"; fi
    done
    for f in $(grep -lsF "$m" /proc/[0-9]*/environ 2>/dev/null); do
      p=\${f#/proc/}
      found="$found \${p%/environ}"
    done
  elif [ "$g" != 0 ] && kill -s 0 -- -"$g" 2>/dev/null; then
    found=" -$g"
  fi
  [ -n "$found" ]
}
tell() {
  if [ "$g" != 0 ]; then kill -s "$1" -- -"$g" 2>/dev/null; fi
  for p in $found; do kill -s "$1" "$p" 2>/dev/null; done
}
for signal in TERM KILL; do
  alive || { echo gone; exit 0; }
  tell $signal
  i=0
  while [ $i -lt 15 ]; do
    alive || { echo gone; exit 0; }
    sleep 0.1 2>/dev/null || { sleep 1; i=$((i + 9)); }
    i=$((i + 1))
  done
done
alive || { echo gone; exit 0; }
echo "left$found"
`;
}
