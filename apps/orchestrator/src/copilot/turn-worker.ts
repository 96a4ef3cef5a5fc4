import { ProblemError } from '@opsmesh/platform';
import type { Logger } from 'pino';
import type { RunFeed } from '../http/ports.js';
import { Loop } from '../transport/loop.js';
import type { TurnActor } from './act-turn.js';
import type { ChatWatchers } from './chat-watchers.js';
import type { TurnAnswerer } from './answer-turn.js';
import type { ChatStore } from './ports.js';
import { HOLD_MS } from './postgres-chat-store.js';
import type { TurnReader } from './read-turn.js';
import { errorReply } from './reply.js';
import type { ChatEvent, StoredTurn, TurnChange, TurnKey } from './turn.js';

export interface WorkerParts {
  readonly store: ChatStore;
  readonly reader: TurnReader;
  readonly actor: TurnActor;
  readonly answerer: TurnAnswerer;
  readonly watchers: ChatWatchers;
  readonly feed: RunFeed;
  readonly log: Logger;
}

const IDLE_MS = 250;
const BATCH = 20;
/** How often a proposal is looked at that has not become a run, and pause after a failure that passes, in milliseconds. */
const WAITING_MS = 3000;
const PAUSE_MS = 2000;
const TRIES = 5;
/** How long a run is watched for quick answers, in milliseconds. */
const WATCHED_MS = 60_000;

/**
 * Moves turns on.
 * 1. A turn is worked on by whoever holds it, and a hold ends by itself: after a crash another process, or the same one, goes on.
 * 2. Each step is committed from the status it began with; of two that did the same, one commit counts.
 * 3. What a step does to the world is idempotent: plans are proposed under the turn's key, decisions are one person's word.
 */
export class TurnWorker {
  private readonly loop: Loop;
  private readonly inHand = new Map<string, Promise<void>>();
  private readonly failures = new Map<string, number>();
  private readonly stopping = new AbortController();

  constructor(private readonly parts: WorkerParts) {
    this.loop = new Loop({ name: 'conversations', idleMs: IDLE_MS, log: parts.log, turn: () => this.turn() });
  }

  start(): void {
    this.loop.start();
  }

  /** Ends when what is in hand has come to the end of its step. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.loop.stop();
    await Promise.all(this.inHand.values());
  }

  /** Takes a turn in hand at once, when it can go on. */
  async take(key: TurnKey): Promise<void> {
    const held = await this.parts.store.hold(key);
    if (held) await this.begin(held);
  }

  private async turn(): Promise<boolean> {
    if (this.inHand.size >= 2 * BATCH) return false;
    const held = await this.parts.store.holdSome(BATCH);
    for (const turn of held) await this.begin(turn);
    return held.length === BATCH;
  }

  private async begin(turn: StoredTurn): Promise<void> {
    const name = nameOf(turn);
    // What was given back a moment ago is still in hand: the next look takes it.
    if (this.inHand.has(name) || this.stopping.signal.aborted) return this.parts.store.release(turn, 0);
    this.inHand.set(name, this.work(turn).finally(() => {
      this.inHand.delete(name);
      this.loop.wake();
    }));
  }

  private async work(turn: StoredTurn): Promise<void> {
    const { store, watchers, log } = this.parts;
    let kept = Promise.resolve();
    const keeping = setInterval(() => { kept = store.keep(turn).catch(() => undefined); }, HOLD_MS / 3);
    const events: ChatEvent[] = [...turn.events];
    watchers.begin(turn, events);
    const tell = (event: ChatEvent): void => {
      events.push(event);
      watchers.tell(turn, event);
    };
    let at: StoredTurn = turn;
    let pauseMs = 0;
    try {
      for (;;) {
        const change = await this.step(at, tell);
        if (!change) {
          pauseMs = at.status === 'waiting' ? WAITING_MS : 0;
          break;
        }
        const next = await store.commit(at, at.status, { ...change, events });
        watchers.changed(turn);
        this.failures.delete(nameOf(turn));
        if (!next || next.status === 'done') break;
        pauseMs = next.status === 'waiting' ? WAITING_MS : 0;
        if (next.status === at.status) break;
        at = next;
      }
    } catch (e) {
      pauseMs = PAUSE_MS;
      await this.failed(at, e).catch((again: unknown) => { log.warn({ err: again }, 'a failed turn could not be noted'); });
    } finally {
      clearInterval(keeping);
      await kept;
      await store.release(turn, pauseMs).catch(() => undefined);
      watchers.end(turn);
    }
  }

  /** The next step of a turn; undefined while there is none to make. */
  private async step(turn: StoredTurn, tell: (event: ChatEvent) => void): Promise<TurnChange | undefined> {
    const { reader, actor, answerer } = this.parts;
    switch (turn.status) {
      case 'reading': return reader.read(turn, { tell, signal: this.stopping.signal });
      case 'acting': return actor.act(turn, turn.work!, tell);
      case 'waiting': return actor.waited(turn, tell);
      case 'running': {
        const soFar = await answerer.soFar(turn);
        if (!isOver(soFar.result!.status)) {
          this.wakeWithRun(turn);
          return undefined;
        }
        return { status: 'done', ...await answerer.withProse(turn, soFar, this.stopping.signal) };
      }
      case 'done': return undefined;
    }
  }

  /** Looks at the run again when something happens to it here, for a while; what happens later or elsewhere is seen by the idle loop. */
  private wakeWithRun({ runId }: StoredTurn): void {
    const unwatch = this.parts.feed.watch(runId!, { grew: () => this.loop.wake(), progress: () => undefined });
    setTimeout(unwatch, WATCHED_MS).unref();
  }

  /** What passes is tried again; what does not becomes the reply. */
  private async failed(turn: StoredTurn, error: unknown): Promise<void> {
    const { store, watchers, log } = this.parts;
    if (this.stopping.signal.aborted) return;
    const name = nameOf(turn);
    const tries = (this.failures.get(name) ?? 0) + 1;
    this.failures.set(name, tries);
    log.warn({ err: error, conversation: turn.conversationId, turn: turn.turn, tries }, 'a turn of a conversation failed');
    if (tries < TRIES) return;
    this.failures.delete(name);
    const known = error instanceof ProblemError;
    const doubt = turn.status === 'reading' ? 'Nothing was done.' : `Whether it ran is shown by ${turn.runId === null ? 'GET /runs' : `GET /runs/${turn.runId}`}.`;
    await store.commit(turn, turn.status, { status: 'done', reply: errorReply(turn, known ? error.code : 'internal', `${known ? error.detail : 'Something went wrong here'}. ${doubt}`) });
    watchers.changed(turn);
  }
}

function nameOf({ conversationId, turn }: TurnKey): string {
  return `${conversationId}/${turn}`;
}

/** Whether nothing more happens in a run of that status. */
function isOver(status: string): boolean {
  return ['completed', 'partial', 'failed', 'cancelled'].includes(status);
}
