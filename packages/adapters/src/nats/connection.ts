/** One connection to NATS: reconnects forever and logs losses and refusals. */

import { setTimeout as pause } from 'node:timers/promises';
import { errorText } from '@assay/protocol/error-text';
import type { Log } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import {
  createInbox,
  errors,
  type NatsConnection,
  type Status,
  usernamePasswordAuthenticator,
} from '@nats-io/transport-node';
import { noOpLogger } from '../telemetry/no-op-logger.ts';
import { connectByTurns } from './transport.ts';

/** Address and identity for NATS. */
export interface NatsOptions {
  /** One address or several, with commas between: `nats://127.0.0.1:4222`. */
  readonly servers: string;
  /** Name of this client in the server's monitoring. */
  readonly name: string;
  readonly user?: string;
  /** Asked for at each log-in, also after a reconnect, if it is a function. */
  readonly pass?: string | (() => string);
  /** File with CA certificates (PEM) for the server's certificate; if given, the connection uses TLS. */
  readonly caFile?: string;
  /** Prefix of the subjects for replies; a user with permissions has its own. */
  readonly inboxPrefix?: string;
  /** How long to wait for the first connection. */
  readonly connectTimeoutMs?: number;
  readonly log?: Log;
}

/** A connection with its state changes. */
export interface NatsLink {
  readonly nc: NatsConnection;
  readonly log: Log;
  /** A new subject of this connection. */
  newInbox(): string;
  isConnected(): boolean;
  isClosed(): boolean;
  /** Resolves when connected, closed, or when `signal` aborts. */
  connected(signal: AbortSignal): Promise<void>;
  /** Calls `listener` after each reconnect and at the close, until the returned function is called. */
  onChange(listener: () => void): () => void;
}

const firstAttemptTimeoutMs = 3_000;
const firstAttemptPauseMs = 200;
const reconnectPauseMs = 250;

/** Connects, waiting a bounded time for the server; afterwards reconnects forever. */
export async function openNatsLink(options: NatsOptions): Promise<NatsLink> {
  const log = options.log ?? noOpLogger;
  const nc = await firstConnection(options);
  const link = watched(nc, log, options.inboxPrefix);
  log.info('connected to NATS', { server: nc.getServer() });
  return link;
}

async function firstConnection(options: NatsOptions): Promise<NatsConnection> {
  const waitMs = options.connectTimeoutMs ?? tuning.requestTimeoutMs;
  const deadline = Date.now() + waitMs;
  const login = loginOf(options);
  for (;;) {
    try {
      // Over TLS, the client would try a wrong password at one server after the other, for ever.
      if (options.caFile !== undefined) await (await connectByTurns({ ...login, reconnect: false })).close();
      return await connectByTurns({ ...login, maxReconnectAttempts: -1, reconnectTimeWait: reconnectPauseMs });
    } catch (error) {
      if (error instanceof errors.AuthorizationError) {
        throw new Error(
          `NATS at ${options.servers} refuses user ${options.user ?? '(none)'}. Check user, password and the server's accounts.`,
          { cause: error },
        );
      }
      if (Date.now() >= deadline) {
        throw new Error(
          `NATS at ${options.servers} did not answer within ${waitMs} ms (${errorText(error)}). Check the address, and that nats-server runs.`,
          { cause: error },
        );
      }
      await pause(firstAttemptPauseMs);
    }
  }
}

const loginOf = ({ servers, name, user, pass, caFile, inboxPrefix }: NatsOptions) => ({
  servers: servers.split(',').map((server) => server.trim()),
  name,
  ...(user === undefined ? {} : { authenticator: usernamePasswordAuthenticator(user, pass) }),
  ...(caFile === undefined ? {} : { tls: { caFile } }),
  ...(inboxPrefix === undefined ? {} : { inboxPrefix }),
  // While passwords change, one server refuses what another takes.
  ignoreAuthErrorAbort: true,
  // Preparing a stack trace for each request costs more than the request, and errors name the request anyway.
  noAsyncTraces: true,
  timeout: firstAttemptTimeoutMs,
});

function watched(nc: NatsConnection, log: Log, inboxPrefix: string | undefined): NatsLink {
  let connected = true;
  const listeners = new Set<() => void>();
  const changed = (now: boolean) => {
    connected = now;
    for (const listener of listeners) listener();
  };
  const watch = async () => {
    for await (const status of nc.status()) {
      logStatus(log, status);
      if (status.type === 'disconnect') connected = false;
      if (status.type === 'reconnect') changed(true);
    }
  };
  void watch().catch((error: unknown) => log.error('the NATS status ended', { reason: errorText(error) }));
  void nc.closed().then(() => changed(false));
  const onChange = (listener: () => void) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };
  return {
    nc,
    log,
    newInbox: () => createInbox(inboxPrefix),
    isConnected: () => connected && !nc.isClosed(),
    isClosed: () => nc.isClosed(),
    onChange,
    connected: (signal) =>
      new Promise((resolve) => {
        if (connected || nc.isClosed() || signal.aborted) return resolve();
        const done = () => {
          stop();
          signal.removeEventListener('abort', done);
          resolve();
        };
        const stop = onChange(done);
        signal.addEventListener('abort', done, { once: true });
      }),
  };
}

function logStatus(log: Log, status: Status): void {
  if (status.type === 'disconnect') log.warn('NATS connection lost; reconnecting', { server: status.server });
  if (status.type === 'reconnect') log.info('NATS connection is back', { server: status.server });
  // Reading by sequence is tried where it may be refused: then one's own subjects are read from their end.
  if (status.type === 'error' && isForbiddenRead(status.error))
    log.debug('NATS refused to read a stream by sequence', { reason: errorText(status.error) });
  else if (status.type === 'error') log.error('NATS refused something', { reason: errorText(status.error) });
  if (status.type === 'slowConsumer' || status.type === 'staleConnection' || status.type === 'ldm') {
    log.warn('NATS warns', { kind: status.type });
  }
}

/** A read by sequence names its stream alone; one by subject, which a user without the right never tries, names more. */
function isForbiddenRead(error: Error): boolean {
  return error instanceof errors.PermissionViolationError && /^\$JS\.API\.DIRECT\.GET\.[^.]+$/.test(error.subject);
}
