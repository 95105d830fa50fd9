/**
 * A server for the commands of Kubo's RPC that Assay uses, by the RPC's reference
 * (https://docs.ipfs.tech/reference/kubo/rpc/: block/put, block/get, block/rm, pin/add, pin/ls, pin/rm, repo/gc), with
 * blocks in memory, where Kubo itself is not built: `kubo-node.test.ts` runs on real nodes. It refuses what the
 * reference does not allow, so that a wrong request fails here.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CID } from 'multiformats/cid';
import * as raw from 'multiformats/codecs/raw';
import * as Digest from 'multiformats/hashes/digest';

const sha256Code = 0x12;
const blockBytesMax = 1024 * 1024;

/** Blocks and pins that several nodes share, like nodes that find each other's blocks. */
export interface Blocks {
  readonly stored: Map<string, Uint8Array>;
  /** The names of pins, by CID. */
  readonly pinned: Map<string, string>;
}

/** A node's RPC on a free port of the loopback. */
export interface KuboRpc {
  readonly url: string;
  /** Received commands, with their queries. */
  readonly commands: readonly string[];
  close(): Promise<void>;
}

/** Starts a node's RPC. */
export async function startKuboRpc({ stored, pinned }: Blocks): Promise<KuboRpc> {
  const commands: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://node');
    commands.push(`${url.pathname}${url.search}`);
    answer(request, url, { stored, pinned }).then(
      (body) => response.end(body),
      (error: unknown) => refuse(response, error),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    commands,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(request: IncomingMessage, url: URL, { stored, pinned }: Blocks): Promise<Uint8Array | string> {
  // The RPC accepts only POST, and no requests from browsers.
  if (request.method !== 'POST') throw new Refused(405, 'Method Not Allowed');
  const query = url.searchParams;
  switch (url.pathname) {
    case '/api/v0/block/put': {
      if (query.get('cid-codec') !== 'raw' || query.get('mhtype') !== 'sha2-256')
        throw new Refused(500, 'this server makes CIDs of raw and sha2-256 alone');
      const bytes = await fileIn(request);
      if (bytes.length > blockBytesMax && query.get('allow-big-block') !== 'true')
        throw new Refused(
          500,
          "produced block is over 1MiB: big blocks can't be exchanged with other peers. consider using UnixFS for automatic chunking of bigger files, or pass --allow-big-block to override",
        );
      const digest = createHash('sha256').update(bytes).digest();
      const key = CID.createV1(raw.code, Digest.create(sha256Code, digest)).toString();
      stored.set(key, bytes);
      if (query.get('pin') === 'true') pinned.set(key, '');
      return JSON.stringify({ Key: key, Size: bytes.length });
    }
    case '/api/v0/block/get': {
      const cid = query.get('arg') ?? '';
      try {
        CID.parse(cid);
      } catch {
        throw new Refused(500, `invalid path "${cid}": invalid cid`);
      }
      const bytes = stored.get(cid);
      // A node searches for a missing block for the requested time.
      if (bytes === undefined)
        throw new Refused(500, query.has('timeout') ? 'context deadline exceeded' : 'still looking');
      return bytes;
    }
    case '/api/v0/pin/add': {
      const cid = query.get('arg') ?? '';
      pinned.set(cid, query.get('name') ?? '');
      return JSON.stringify({ Pins: [cid] });
    }
    case '/api/v0/pin/rm': {
      const cid = query.get('arg') ?? '';
      if (!pinned.delete(cid)) throw new Refused(500, 'not pinned or pinned indirectly');
      return JSON.stringify({ Pins: [cid] });
    }
    case '/api/v0/pin/ls': {
      if (query.get('stream') !== 'true' || query.get('names') !== 'true')
        throw new Refused(500, 'this server lists names as a stream alone');
      return [...pinned].map(([Cid, Name]) => `${JSON.stringify({ Cid, Name, Type: 'recursive' })}\n`).join('');
    }
    case '/api/v0/block/rm': {
      const cid = query.get('arg') ?? '';
      if (pinned.has(cid)) return JSON.stringify({ Hash: cid, Error: 'pinned: recursive' });
      if (!stored.delete(cid) && query.get('force') !== 'true')
        return JSON.stringify({ Hash: cid, Error: 'blockstore: block not found' });
      return JSON.stringify({ Hash: cid });
    }
    case '/api/v0/repo/gc': {
      for (const cid of stored.keys()) if (!pinned.has(cid)) stored.delete(cid);
      return '';
    }
    default:
      throw new Refused(404, '404 page not found');
  }
}

class Refused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

function refuse(response: ServerResponse, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  response.statusCode = error instanceof Refused ? error.status : 500;
  if (response.statusCode === 500) {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ Message: message, Code: 0, Type: 'error' }));
  } else response.end(message);
}

/** The one file of a multipart body. */
async function fileIn(request: IncomingMessage): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  const headers = { 'content-type': request.headers['content-type'] ?? '' };
  const form = await new Response(Buffer.concat(parts), { headers }).formData();
  const [file] = [...form.values()];
  if (!(file instanceof Blob)) throw new Refused(400, "file argument 'data' is required");
  return new Uint8Array(await file.arrayBuffer());
}
