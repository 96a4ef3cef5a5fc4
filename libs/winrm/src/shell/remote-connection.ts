import type { ConnectOptions } from '../connect-options.js';
import type { WinRmConnection, WinRmShell } from '../connection.js';
import type { ShellOptions } from '../shell-options.js';
import { cancellation, dial, type Wire } from '../transport/wire.js';
import { readShellId } from '../wsman/answer-bodies.js';
import { createShell } from '../wsman/bodies.js';
import { Requests } from '../wsman/requests.js';
import { RemoteShell } from './remote-shell.js';

export class RemoteConnection implements WinRmConnection {
  readonly host: string;
  /** Holds the credential: not shown when the object is printed. */
  readonly #options: ConnectOptions;
  private readonly requests: Requests;
  private shell: RemoteShell | undefined;

  constructor(options: ConnectOptions, private readonly wire: Wire) {
    this.#options = options;
    this.host = options.host;
    this.requests = new Requests(options);
  }

  get isOpen(): boolean {
    return this.wire.isOpen;
  }

  async openShell(options: ShellOptions = {}): Promise<WinRmShell> {
    if (this.shell?.isOpen) throw new TypeError('the connection has an open shell already');
    const ended = new AbortController();
    const cancelled = (): void => ended.abort(cancellation(options.signal));
    if (options.signal?.aborted) cancelled();
    options.signal?.addEventListener('abort', cancelled, { once: true });
    try {
      const body = await this.requests.do(this.wire, createShell(options), { signal: ended.signal });
      const { requests, wire } = this;
      this.shell = new RemoteShell({ requests, wire, dial: (signal) => dial(this.#options, signal), shellId: readShellId(body) });
      return this.shell;
    } finally {
      options.signal?.removeEventListener('abort', cancelled);
    }
  }

  async close(): Promise<void> {
    await this.shell?.close();
    this.wire.close();
  }
}
