import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A way to a server that can be cut and mended; the port stays the same. */
export class TcpProxy {
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;
  private port = 0;

  constructor(private readonly target: URL) {}

  async open(): Promise<void> {
    const server = this.server = createServer((near) => {
      const far = connect(Number(this.target.port), this.target.hostname);
      for (const [one, other] of [[near, far], [far, near]] as const) {
        this.sockets.add(one);
        one.on('error', () => undefined).on('close', () => { this.sockets.delete(one); other.destroy(); }).pipe(other);
      }
    });
    await new Promise<void>((ok, bad) => { server.once('error', bad).listen(this.port, '127.0.0.1', ok); });
    this.port = (server.address() as AddressInfo).port;
  }

  /** The target's URL by way of the proxy. */
  get url(): string {
    const url = new URL(this.target);
    url.hostname = '127.0.0.1';
    url.port = String(this.port);
    return url.href;
  }

  /** Ends every connection and takes no new one. */
  async cut(): Promise<void> {
    const closed = new Promise((ok) => this.server?.close(ok));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}
