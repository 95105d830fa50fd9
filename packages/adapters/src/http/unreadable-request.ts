/** Answers what is no HTTP request, which no route and no hook of the framework sees. */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

/** The body of a refusal. */
type BodyOf = (
  status: number,
  code: 'malformed' | 'too-long',
  detail: string,
) => { readonly contentType: string; readonly text: string };

/** What Node's parser says, and the answer to it; 400 to anything else. */
const answers: Readonly<Record<string, readonly [status: number, code: 'malformed' | 'too-long', detail: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'malformed', 'The request did not arrive in time.'],
  HPE_HEADER_OVERFLOW: [431, 'too-long', 'The headers of the request are too long.'],
};

/** Answers on the bare connection, if its client is still there, and ends it. */
export function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket, bodyOf: BodyOf): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const [status, code, detail] = answers[error.code ?? ''] ?? [400, 'malformed', 'The request is not valid HTTP.'];
  const { contentType, text } = bodyOf(status, code, detail);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    `content-length: ${Buffer.byteLength(text)}`,
    `content-type: ${contentType}`,
    'connection: close',
  ];
  if (socket.writable) socket.write(`${head.join('\r\n')}\r\n\r\n${text}`);
  socket.destroy(error);
}
