import type { ChatEventType } from '@opsmesh/contracts';
import type { Request, Response } from 'express';
import type { ConversationDesk } from './conversation-desk.js';
import type { TurnKey } from './turn.js';

const POLL_MS = 250;
const HEARTBEAT_MS = 10_000;

/**
 * One client that watches one turn, as server-sent events: what was told on the way, with ids, so that it can go on where it was; progress in between; `confirmation` or `result` at
 * the end. A stream that follows goes on after a confirmation until the reply is final; any other ends with it.
 */
export class ChatStream {
  private open = true;
  private sent: number;
  private progress = '';

  constructor(private readonly deps: { readonly desk: ConversationDesk; readonly key: TurnKey; readonly request: Request; readonly response: Response; readonly end: 'with-confirmation' | 'with-reply' }) {
    const last = Number(deps.request.headers['last-event-id'] ?? 0);
    this.sent = Number.isSafeInteger(last) && last > 0 ? last : 0;
  }

  async run(): Promise<void> {
    const { request, response, key } = this.deps;
    response.status(200).set({ 'Content-Type': 'text/event-stream; charset=utf-8', 'Cache-Control': 'no-cache, no-transform', 'X-Accel-Buffering': 'no', Connection: 'keep-alive' });
    response.flushHeaders();
    const close = (): void => { this.open = false; };
    response.on('close', close);
    response.on('error', close);
    request.on('aborted', close);
    const heartbeat = setInterval(() => { response.write(': alive\n\n'); }, HEARTBEAT_MS);
    try {
      await this.write(null, 'started', { conversation_id: key.conversationId, turn: key.turn });
      while (this.open && !await this.turn()) await this.deps.desk.change(key, POLL_MS);
    } finally {
      clearInterval(heartbeat);
      response.end();
    }
  }

  /** @returns whether the stream is over */
  private async turn(): Promise<boolean> {
    const { desk, key, end } = this.deps;
    const turn = await desk.current(key);
    const events = desk.eventsOf(turn);
    for (; this.sent < events.length; this.sent++) await this.write(this.sent + 1, events[this.sent]!.type, events[this.sent]!.data);
    const news = await desk.progress(turn);
    const text = JSON.stringify(news);
    if (news && text !== this.progress) {
      this.progress = text;
      await this.write(null, 'progress', news);
    }
    if (turn.status === 'waiting' && end === 'with-confirmation') return true;
    if (turn.status !== 'done') return false;
    await this.write(null, 'result', turn.reply!);
    return true;
  }

  private async write(id: number | null, event: ChatEventType, data: object): Promise<void> {
    const { response } = this.deps;
    if (!this.open || response.write(`${id === null ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)) return;
    await new Promise<void>((resolve) => {
      const done = (): void => { response.off('drain', done); response.off('close', done); resolve(); };
      response.once('drain', done);
      response.once('close', done);
    });
  }
}
