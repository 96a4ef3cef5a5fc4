import type { Redis } from 'ioredis';

/**
 * Lets the commands that a connection is given in one turn of the event loop leave in one write. Call it when more are likely to follow in
 * this turn: a lone command would only wait.
 */
export class WriteGatherer {
  private corked = false;

  constructor(private readonly redis: Pick<Redis, 'status' | 'stream'>) {}

  gather(): void {
    if (this.corked || this.redis.status !== 'ready') return;
    const { stream } = this.redis;
    this.corked = true;
    stream.cork();
    setImmediate(() => {
      this.corked = false;
      stream.uncork();
    });
  }
}
