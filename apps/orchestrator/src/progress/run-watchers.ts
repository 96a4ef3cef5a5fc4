import { PROGRESS_CHANNEL, ProgressDto, validate } from '@opsmesh/contracts';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { RunFeed } from '../http/ports.js';

type Listener = Parameters<RunFeed['watch']>[1];

/** Those who watch runs in this process: woken after commits here, and given the progress that workers publish. */
export class RunWatchers implements RunFeed {
  private readonly listeners = new Map<string, Set<Listener>>();

  /** @param subscriber a connection of its own: it can do nothing but subscribe. */
  constructor(private readonly subscriber: Redis, private readonly log: Logger) {}

  async start(): Promise<void> {
    this.subscriber.on('message', (_channel: string, text: string) => this.onProgress(text));
    await this.subscriber.subscribe(PROGRESS_CHANNEL);
  }

  watch(runId: string, listener: Listener): () => void {
    const all = this.listeners.get(runId) ?? new Set();
    this.listeners.set(runId, all.add(listener));
    return () => {
      all.delete(listener);
      if (all.size === 0) this.listeners.delete(runId);
    };
  }

  grew(runIds: readonly string[]): void {
    if (this.listeners.size === 0) return;
    for (const id of runIds) for (const listener of this.listeners.get(id) ?? []) listener.grew();
  }

  private onProgress(text: string): void {
    if (this.listeners.size === 0) return;
    try {
      const news = validate(ProgressDto, JSON.parse(text));
      for (const listener of this.listeners.get(news.runId) ?? []) listener.progress(news);
    } catch (e) {
      this.log.debug({ err: e }, 'progress that could not be read');
    }
  }
}
