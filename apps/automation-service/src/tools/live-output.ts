import { ToolFailure } from '@opsmesh/contracts';
import type { ToolContext } from '@opsmesh/worker-runtime';
import type { OutputStream } from '../ssh/execution.js';

/** Most characters told of an attempt, and in one message. */
export const LIVE_CHARACTERS = 64 * 1024;
const MESSAGE = 16_000;
/** Time between two messages, in milliseconds: of those that come faster only the newest would be passed on. */
const EVERY_MS = 120;

/** Tells the watchers of an attempt the beginning of its output, piece by piece, each character once. */
export class LiveOutput {
  private waiting = '';
  private told = 0;
  private at = -EVERY_MS;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly tell: (news: { message: string }) => void) {}

  push(text: string): void {
    const piece = text.slice(0, LIVE_CHARACTERS - this.told);
    this.told += piece.length;
    this.waiting += piece;
    if (this.waiting !== '') this.timer ??= setTimeout(() => this.flush(), Math.max(0, this.at + EVERY_MS - performance.now()));
  }

  /** Tells what is left. */
  end(): void {
    clearTimeout(this.timer);
    while (this.waiting !== '') this.send();
  }

  private flush(): void {
    this.timer = undefined;
    this.send();
    this.push('');
  }

  private send(): void {
    const message = this.waiting.slice(0, MESSAGE);
    this.waiting = this.waiting.slice(MESSAGE);
    this.at = performance.now();
    this.tell({ message });
  }
}

/** Tells the stdout of a command live; `end` tells at once what still waits for its turn. */
export function liveOutput(context: Pick<ToolContext, 'progress'>): ((stream: OutputStream, text: string) => void) & { end(): void } {
  const live = new LiveOutput((news) => context.progress(news));
  return Object.assign((stream: OutputStream, text: string) => { if (stream === 'stdout') live.push(text); }, { end: () => live.end() });
}

/** Whether the attempt was aborted because this process ends. */
export function workerStopped({ signal }: Pick<ToolContext, 'signal'>): boolean {
  const reason: unknown = signal.reason;
  return reason instanceof ToolFailure && reason.failure.code === 'worker-lost';
}
