import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Milliseconds after which a connection that does not answer is given up and made anew. */
const patience = 2_000;

/**
 * A port of this host in front of a redis behind QEMU's network, which listens with a backlog of 1: connections that come together are delayed for seconds
 * by the host's kernel, or reset. Here they wait in line: each is made when the one before it has answered a PING.
 */
export async function relayTo(port: number): Promise<{ port: number; close: () => void }> {
  let line = Promise.resolve();
  const server = createServer({ pauseOnConnect: true }, (client) => {
    line = line.then(async () => {
      const upstream = await answering(port);
      join(client, upstream);
      join(upstream, client);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

async function answering(port: number): Promise<Socket> {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const answer = new Promise<boolean>((resolve) => {
      socket.once('data', () => resolve(true));
      socket.once('close', () => resolve(false));
      socket.once('error', () => resolve(false));
      socket.setTimeout(patience, () => socket.destroy());
      socket.write('PING\r\n');
    });
    if (await answer) return socket.pause().setTimeout(0);
  }
}

/** What comes from one goes to the other; the end of one is the end of both. */
function join(from: Socket, to: Socket): void {
  from.on('error', () => to.destroy()).on('close', () => to.destroy());
  from.pipe(to);
}
