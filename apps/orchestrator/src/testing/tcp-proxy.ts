import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Where a connection is cut: at the commit of the transaction that sends `text`. */
export interface LostCommit {
  readonly text: string;
  /** `answer`: the commit gets to the server and its answer is lost; `commit`: it does not get there; `line`: as `answer`, but the connection stays open and silent. */
  readonly lost: 'answer' | 'commit' | 'line';
  /** Told when the server is done with the connection, before the client learns of it. */
  readonly then?: () => void;
}

/** A way to a server that can be cut and mended; the port stays the same. */
export class TcpProxy {
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;
  private port = 0;
  private lostCommit: LostCommit | undefined;

  constructor(private readonly target: URL) {}

  async open(): Promise<void> {
    const server = this.server = createServer((near) => {
      const far = connect(Number(this.target.port), this.target.hostname);
      for (const [one, other] of [[near, far], [far, near]] as const) {
        this.sockets.add(one);
        one.on('error', () => undefined).on('close', () => { this.sockets.delete(one); other.destroy(); });
      }
      far.pipe(near);
      near.on('end', () => far.end()).on('data', this.forward(near, far));
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

  /** Cuts one connection to PostgreSQL at a commit that is to come; the others and new ones go on. */
  loseCommit(lost: LostCommit): void {
    this.lostCommit = lost;
  }

  /** Ends every connection and takes no new one. */
  async cut(): Promise<void> {
    const closed = new Promise((ok) => this.server?.close(ok));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private forward(near: Socket, far: Socket): (chunk: Buffer) => void {
    let isMeant = false;
    return (chunk) => {
      // What was read on this connection before is of no transaction that begins now.
      if (chunk.includes('begin')) isMeant = false;
      isMeant ||= this.lostCommit !== undefined && chunk.includes(this.lostCommit.text);
      if (!isMeant || !this.lostCommit || !chunk.includes('commit\0')) {
        far.write(chunk);
        return;
      }
      const { lost, then } = this.lostCommit;
      this.lostCommit = undefined;
      if (then) far.prependListener('close', then);
      if (lost === 'commit') {
        far.destroy();
        return;
      }
      far.unpipe(near).resume();
      if (lost === 'line') far.write(chunk);
      // The server reads to the end, answers to nobody and closes.
      else far.end(chunk);
    };
  }
}
