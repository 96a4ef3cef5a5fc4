import type { Logger } from 'pino';
import { Loop } from '../transport/loop.js';
import type { Launcher } from './launcher.js';
import type { ProposalStore } from './proposal-store.js';

const IDLE_MS = 500;
const BATCH = 20;

/** Starts what was approved and not started, because a process ended in between or the inventory was away; marks what has expired. */
export class ProposalSweeper {
  private readonly loop: Loop;

  constructor(private readonly parts: { readonly store: ProposalStore; readonly launcher: Launcher; readonly log: Logger }) {
    this.loop = new Loop({ name: 'proposals', idleMs: IDLE_MS, log: parts.log, turn: () => this.turn() });
  }

  start(): void { this.loop.start(); }
  async stop(): Promise<void> { await this.loop.stop(); }

  /** @returns whether there may be more */
  async turn(): Promise<boolean> {
    const { store, launcher, log } = this.parts;
    const ids = await store.startable(BATCH);
    for (const id of ids) await launcher.launch(id).catch((e: unknown) => { log.warn({ err: e, run: id }, 'an approved run could not be started'); });
    await store.expire();
    return ids.length === BATCH;
  }
}
