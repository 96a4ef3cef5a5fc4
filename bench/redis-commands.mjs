// How a process that counts the commands it sends to Redis is started and asked.
import { once } from 'node:events';

export const QUESTION = 'commands sent to Redis?';

/** Flags of Node for such a process. */
export const COUNTING = ['--import', new URL('./count-redis-commands.mjs', import.meta.url).href];

/** Commands that a forked process started with {@link COUNTING} has sent so far. */
export async function commandsOf(child) {
  const answer = once(child, 'message');
  child.send(QUESTION);
  const [{ sent }] = await answer;
  return sent;
}
