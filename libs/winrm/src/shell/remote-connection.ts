import type { ConnectOptions } from '../connect-options.js';
import type { WinRmConnection, WinRmShell } from '../connection.js';
import type { ShellOptions } from '../shell-options.js';
import { cancellation, dial, type Wire } from '../transport/wire.js';
import { WinRmError } from '../winrm-error.js';
import { readShellId } from '../wsman/answer-bodies.js';
import { createShell } from '../wsman/bodies.js';
import { Requests } from '../wsman/requests.js';
import { STOP_TIMEOUT_MS } from './release.js';
import { RemoteShell } from './remote-shell.js';

export class RemoteConnection implements WinRmConnection {
  readonly host: string;
  /** Holds the credential: not shown when the object is printed. */
  readonly #options: ConnectOptions;
  private readonly requests: Requests;
  private shell: RemoteShell | undefined;
  /** The Create that is under way. */
  private opening: { readonly shell: Promise<RemoteShell>; readonly giveUp: (reason: WinRmError) => void } | undefined;
  /** The end of a Create that nobody waits for any more. */
  private abandoned: Promise<void> | undefined;

  constructor(options: ConnectOptions, private readonly wire: Wire) {
    this.#options = options;
    this.host = options.host;
    this.requests = new Requests(options);
  }

  get isOpen(): boolean {
    return this.abandoned === undefined && this.wire.isOpen;
  }

  async openShell(options: ShellOptions = {}): Promise<WinRmShell> {
    if (this.shell?.isOpen) throw new TypeError('the connection has an open shell already');
    if (this.opening) throw new TypeError('the connection is opening a shell already');
    if (!this.isOpen) throw new WinRmError('connection-lost', 'the connection is not open any more');
    const signal = options.signal && AbortSignal.any([options.signal]);
    if (signal?.aborted) throw cancellation(signal);
    const shell = this.create(options);
    const givenUp = new Promise<never>((_, giveUp) => { this.opening = { shell, giveUp }; });
    const cancelled = (): void => this.abandon(cancellation(signal));
    signal?.addEventListener('abort', cancelled, { once: true });
    try {
      return this.shell = await Promise.race([shell, givenUp]);
    } finally {
      signal?.removeEventListener('abort', cancelled);
      this.opening = undefined;
    }
  }

  async close(): Promise<void> {
    this.abandon(new WinRmError('cancelled', 'the connection was closed'));
    await this.abandoned;
    await this.shell?.close();
    this.wire.close();
  }

  private async create(options: ShellOptions): Promise<RemoteShell> {
    // One that is being closed needs the socket until then.
    await this.shell?.close();
    const { requests, wire } = this;
    const shellId = readShellId(await requests.do(wire, createShell(options)));
    return new RemoteShell({ requests, wire, dial: (signal) => dial(this.#options, signal), shellId });
  }

  /** Nobody waits for the shell that is being opened: it is deleted once the host has named it, and the connection closed. */
  private abandon(reason: WinRmError): void {
    if (!this.opening) return;
    this.abandoned = this.closeUnwanted(this.opening.shell);
    this.opening.giveUp(reason);
  }

  private async closeUnwanted(opening: Promise<RemoteShell>): Promise<void> {
    const timer = setTimeout(() => this.wire.close(), STOP_TIMEOUT_MS);
    try {
      await (await opening).close();
    } catch {
      // There is no shell.
    } finally {
      clearTimeout(timer);
      this.wire.close();
    }
  }
}
