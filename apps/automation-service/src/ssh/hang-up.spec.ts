import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import ssh2 from 'ssh2';
import { hangUp } from './hang-up.js';

it('closes the connection to a host that never answers the good-bye', async () => {
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => { sockets.push(socket.on('error', () => undefined)); });
  await new Promise<void>((ok) => { server.listen(0, '127.0.0.1', ok); });
  const client = new ssh2.Client().on('error', () => undefined);
  client.connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, username: 'u', password: 'p' });
  await once(client, 'connect');
  const closed = new Promise<void>((ok) => { client.once('close', () => { ok(); }); });
  hangUp(client, 50);
  await closed;
  for (const socket of sockets) socket.destroy();
  await new Promise((ok) => { server.close(ok); });
});
