import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const SUFFIX = '.chaos';

/** A DNS server on 127.0.0.1 that answers every A question with 127.0.0.1 (RFC 1035) and writes names `<id>.chaos` into the ledger first. */
export class NameServer {
  #socket = createSocket('udp4');

  constructor(ledger) {
    this.#socket.on('message', (query, from) => {
      const name = questionName(query);
      if (name === undefined) return;
      if (name.endsWith(SUFFIX)) ledger.add(name.slice(0, -SUFFIX.length), 'name-server');
      this.#socket.send(answer(query), from.port, from.address, () => undefined);
    });
    this.#socket.on('error', () => undefined);
  }

  async listen() {
    this.#socket.bind(0, '127.0.0.1');
    await once(this.#socket, 'listening');
    return this;
  }

  get port() {
    return this.#socket.address().port;
  }

  async close() {
    this.#socket.close();
    await once(this.#socket, 'close');
  }
}

/** Names are compared without regard to case, which some resolvers vary on purpose. */
function questionName(query) {
  const labels = [];
  for (let at = 12; at < query.length;) {
    const length = query[at];
    if (length === 0) return labels.join('.').toLowerCase();
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return undefined;
}

function answer(query) {
  const end = query.indexOf(0, 12) + 5;
  const head = Buffer.from(query.subarray(0, end));
  head.writeUInt16BE(0x8580, 2);
  head.writeUInt16BE(1, 6);
  head.writeUInt32BE(0, 8);
  return Buffer.concat([head, Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1])]);
}
