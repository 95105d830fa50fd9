/** Ports of 127.0.0.1 for servers that must be told their port before they start. */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below the ports that Linux (32768 and up), macOS and Windows (49152 and up) give to outgoing connections: a connection
 * can then not take the port between this choice and the server's start, nor while the server restarts.
 */
const lowestPort = 10_000;
const portsEnd = 32_768;
const attemptsMax = 100;

/** Ports given to callers in this process. Their servers may not listen yet, so that the system calls them free. */
const given = new Set<number>();

/**
 * A port of 127.0.0.1, in 10,000 to 32,767, on which nothing listens. This process gets each port once.
 * Another process may choose it at the same moment: whoever starts a server on it handles that clash.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const port = randomInt(lowestPort, portsEnd);
    if (given.has(port)) continue;
    given.add(port);
    if (await isPortFree(port)) return port;
    given.delete(port);
  }
  throw new Error(
    `None of ${attemptsMax} ports of 127.0.0.1 in ${lowestPort} to ${portsEnd - 1} was free. Stop other servers.`,
  );
}

/** Whether nothing listens on a port of 127.0.0.1 at this moment. */
export async function isPortFree(port: number): Promise<boolean> {
  const server = createServer();
  const listening = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  if (listening) await new Promise<void>((resolve) => server.close(() => resolve()));
  return listening;
}
