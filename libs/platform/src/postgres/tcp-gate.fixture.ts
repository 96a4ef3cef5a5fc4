import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A way to a server that opens late and can become a black hole: connections stay open, and nothing gets through any more. */
export class TcpGate {
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;
  private isHole = false;

  /** @param port where it will be; 0 for one that the system chooses */
  constructor(private readonly target: URL, private readonly port = 0) {
    this.server = createServer((near) => {
      this.sockets.add(near.on('error', () => undefined));
      if (this.isHole) return;
      const far = connect(Number(this.target.port), this.target.hostname);
      this.sockets.add(far.on('error', () => undefined));
      near.on('data', (chunk) => { if (!this.isHole) far.write(chunk); }).on('close', () => far.destroy());
      far.on('data', (chunk) => { if (!this.isHole) near.write(chunk); }).on('close', () => near.destroy());
    });
  }

  /** @returns its port */
  async open(): Promise<number> {
    await new Promise<void>((ok) => { this.server.listen(this.port, '127.0.0.1', ok); });
    return (this.server.address() as AddressInfo).port;
  }

  /** From now on nothing gets through, and nobody is told. */
  swallow(): void {
    this.isHole = true;
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }
}
