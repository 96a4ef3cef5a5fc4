import type { ProgressDto, RunEventView } from '@opsmesh/contracts';
import type { Request, Response } from 'express';
import type { RunFeed, RunReader } from './ports.js';

const PAGE = 500;
/** How often the record is asked when nothing wakes the stream, in milliseconds: events of another process are never later than this. */
const POLL_MS = 1000;
const HEARTBEAT_MS = 10_000;
const RETRY_MS = 1000;

/** One client that watches one run: stored events with their ids, so that it can go on where it was, and progress in between. Ends with the run. */
export class EventStream {
  private seq: number;
  private open = true;
  private wake: () => void = () => undefined;
  private readonly progress: ProgressDto[] = [];

  constructor(private readonly deps: { readonly runId: string; readonly reader: RunReader; readonly feed: RunFeed; readonly request: Request; readonly response: Response }) {
    const last = Number(deps.request.headers['last-event-id'] ?? 0);
    this.seq = Number.isSafeInteger(last) && last > 0 ? last : 0;
  }

  async run(): Promise<void> {
    const { runId, feed, request, response } = this.deps;
    response.set({ 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-cache, no-transform', 'X-Accel-Buffering': 'no', Connection: 'keep-alive' });
    response.flushHeaders();
    const unwatch = feed.watch(runId, { grew: () => this.wake(), progress: (news) => this.onProgress(news) });
    const close = (): void => { this.open = false; this.wake(); };
    request.on('close', close);
    response.on('error', close);
    const heartbeat = setInterval(() => { response.write(': alive\n\n'); }, HEARTBEAT_MS);
    try {
      await this.write(`retry: ${RETRY_MS}\n\n`);
      while (this.open) await this.turn();
    } finally {
      clearInterval(heartbeat);
      unwatch();
      response.end();
    }
  }

  private async turn(): Promise<void> {
    const woken = new Promise<void>((resolve) => { this.wake = resolve; });
    const events = await this.deps.reader.eventsAfter(this.deps.runId, this.seq, PAGE);
    for (const event of events) await this.send(event);
    for (const news of this.progress.splice(0)) await this.write(`event: progress\ndata: ${JSON.stringify(news)}\n\n`);
    if (events.length >= PAGE || !this.open) return;
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([woken, new Promise((resolve) => { timer = setTimeout(resolve, POLL_MS); })]);
    clearTimeout(timer);
  }

  private async send(event: RunEventView): Promise<void> {
    this.seq = event.seq;
    await this.write(`id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    if (event.type === 'run.finished') this.open = false;
  }

  private onProgress(news: ProgressDto): void {
    // A slow reader misses progress, never events.
    if (this.progress.length < 1000) this.progress.push(news);
    this.wake();
  }

  private async write(text: string): Promise<void> {
    const { response } = this.deps;
    if (!this.open || response.write(text)) return;
    await new Promise<void>((resolve) => {
      const done = (): void => { response.off('drain', done); response.off('close', done); resolve(); };
      response.once('drain', done);
      response.once('close', done);
    });
  }
}
