import { Semaphore } from './semaphore.js';

export interface HostLimitOptions {
  /** Commands at once over all hosts, so at most this many hosts at once. */
  readonly global: number;
  /** Connections being made at once to one host; a stock sshd drops some beyond 10 (MaxStartups 10:30:100). */
  readonly handshakes: number;
  /** Commands at once on one host; a stock sshd allows 10 on a connection (MaxSessions), so two are left to stop commands. */
  readonly channels: number;
}

export const DEFAULT_HOST_LIMITS: HostLimitOptions = { global: 100, handshakes: 8, channels: 8 };

/** Limits of one process. A host is an address and a port, whoever asks for it. */
export class HostLimits {
  private readonly all: Semaphore;
  private readonly hosts = new Map<string, { readonly handshakes: Semaphore; readonly channels: Semaphore }>();

  constructor(private readonly options: HostLimitOptions = DEFAULT_HOST_LIMITS) {
    this.all = new Semaphore(options.global);
  }

  /** A place for a command: first on the host, then among all, so that commands queueing for one host hold no place of others. */
  async command(host: string, signal: AbortSignal): Promise<() => void> {
    const onHost = await this.on(host, 'channels', signal);
    try {
      const global = await this.all.take(signal);
      return () => { global(); onHost(); };
    } catch (error) {
      onHost();
      throw error;
    }
  }

  handshake(host: string, signal: AbortSignal): Promise<() => void> {
    return this.on(host, 'handshakes', signal);
  }

  private async on(host: string, kind: 'handshakes' | 'channels', signal: AbortSignal): Promise<() => void> {
    let limits = this.hosts.get(host);
    if (!limits) {
      limits = { handshakes: new Semaphore(this.options.handshakes), channels: new Semaphore(this.options.channels) };
      this.hosts.set(host, limits);
    }
    const entry = limits;
    const forget = () => {
      if (entry.handshakes.idle && entry.channels.idle && this.hosts.get(host) === entry) this.hosts.delete(host);
    };
    try {
      const release = await entry[kind].take(signal);
      return () => { release(); forget(); };
    } catch (error) {
      forget();
      throw error;
    }
  }
}
