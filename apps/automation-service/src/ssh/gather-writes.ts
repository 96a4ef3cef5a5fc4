import type { Writable } from 'node:stream';

/**
 * Lets what is written to a stream in one turn leave in one write. ssh2 writes each packet in three pieces: alone each would be a system call here and,
 * without Nagle's algorithm, a segment that wakes the host.
 */
export function gatherWrites<S extends Writable>(stream: S): S {
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  stream.write = (...args: unknown[]): boolean => {
    if (stream.writableCorked === 0) {
      stream.cork();
      process.nextTick(() => stream.uncork());
    }
    return write(...args);
  };
  return stream;
}
