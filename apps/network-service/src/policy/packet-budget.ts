/** Packets a second that a call asks for: it waits for `least`, and never gets more than `most`. */
export interface PacketWish {
  readonly least: number;
  readonly most: number;
}

/** What a call got. */
export interface PacketShare {
  readonly packetsPerSecond: number;
  /** Gives it back; the second time does nothing. */
  release(): void;
}

interface Waiting {
  readonly wish: PacketWish;
  grant(share: PacketShare): void;
}

/**
 * Packets a second, shared by the calls that are sending now.
 * 1. The shares that are out never sum to more than the total.
 * 2. First come, first served: nobody overtakes one that waits.
 * 3. A call gets half of what is free, so that the next one need not wait, but at least its `least`.
 */
export class PacketBudget {
  private free: number;
  private readonly waiting: Waiting[] = [];

  constructor(readonly total: number) {
    this.free = total;
  }

  /** Whether nobody has a share and nobody waits. */
  get idle(): boolean {
    return this.free === this.total && this.waiting.length === 0;
  }

  /** @returns a share, or undefined when `giveUp` was aborted first */
  take(wish: PacketWish, giveUp: AbortSignal): Promise<PacketShare | undefined> {
    const most = Math.max(1, Math.min(wish.most, this.total));
    const fitting = { most, least: Math.max(1, Math.min(wish.least, most)) };
    return new Promise((resolve) => {
      if (giveUp.aborted) return resolve(undefined);
      const onAbort = (): void => {
        this.waiting.splice(this.waiting.indexOf(entry), 1);
        this.serve();
        resolve(undefined);
      };
      const entry: Waiting = {
        wish: fitting,
        grant: (share) => {
          giveUp.removeEventListener('abort', onAbort);
          resolve(share);
        },
      };
      giveUp.addEventListener('abort', onAbort, { once: true });
      this.waiting.push(entry);
      this.serve();
    });
  }

  private serve(): void {
    while (this.waiting[0] && this.waiting[0].wish.least <= this.free) {
      const { wish, grant } = this.waiting.shift()!;
      const packetsPerSecond = Math.min(wish.most, Math.max(wish.least, Math.floor(this.free / 2)));
      this.free -= packetsPerSecond;
      let out = true;
      grant({
        packetsPerSecond,
        release: () => {
          if (!out) return;
          out = false;
          this.free += packetsPerSecond;
          this.serve();
        },
      });
    }
  }
}
