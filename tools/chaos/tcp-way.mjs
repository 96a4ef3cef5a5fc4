import { connect, createServer } from 'node:net';

/**
 * A way to one server or to several equal ones, on a port of its own that stays the same. It can be cut and mended.
 * New connections go to the targets in turn; one that refuses is passed over.
 */
export class TcpWay {
  #targets;
  #next = 0;
  #pairs = new Set();
  #open = true;
  #server;

  /** @param {readonly number[]} targets ports of 127.0.0.1 */
  constructor(targets) {
    this.#targets = targets.map((port) => ({ port, inTurn: true }));
    this.#server = createServer((near) => this.#enter(near));
  }

  async listen() {
    await new Promise((ok, bad) => this.#server.once('error', bad).listen(0, '127.0.0.1', ok));
    return this;
  }

  get port() {
    return this.#server.address().port;
  }

  /** Whether new connections go to a target; taking it out of turn ends those that it has. */
  setInTurn(port, inTurn) {
    const target = this.#targets.find((t) => t.port === port);
    if (target.inTurn === inTurn) return;
    target.inTurn = inTurn;
    if (!inTurn) this.#drop((pair) => pair.target === port);
  }

  /** Ends every connection; new ones are refused until {@link mend}. */
  cut() {
    this.#open = false;
    this.#drop(() => true);
  }

  mend() {
    this.#open = true;
  }

  async close() {
    this.cut();
    await new Promise((ok) => this.#server.close(ok));
  }

  #drop(which) {
    for (const pair of this.#pairs) if (which(pair)) for (const socket of [pair.near, pair.far]) socket.resetAndDestroy();
  }

  #enter(near) {
    near.on('error', () => undefined);
    const inTurn = this.#targets.filter((t) => t.inTurn);
    const candidates = inTurn.length > 0 ? inTurn : this.#targets;
    this.#try(near, candidates.map((_, i) => candidates[(this.#next + i) % candidates.length].port));
    this.#next++;
  }

  #try(near, ports) {
    const [port, ...others] = ports;
    if (port === undefined || !this.#open) return void near.resetAndDestroy();
    const far = connect({ port, host: '127.0.0.1', noDelay: true });
    const refused = () => this.#try(near, others);
    far.once('error', refused);
    far.once('connect', () => {
      far.off('error', refused).on('error', () => undefined);
      if (!this.#open) return [near, far].forEach((s) => s.resetAndDestroy());
      near.setNoDelay(true);
      const pair = { near, far, target: port };
      this.#pairs.add(pair);
      for (const [one, other] of [[near, far], [far, near]]) one.once('close', () => { this.#pairs.delete(pair); other.destroy(); }).pipe(other);
    });
  }
}
