/**
 * Content by CID on a Kubo node (IPFS) through its RPC: one raw block for each content, pinned at the writer's node. The
 * pin's name says when the content was last stored, so the node itself knows what is too old. A reader may use another
 * node; the nodes exchange blocks. Reference of the RPC: https://docs.ipfs.tech/reference/kubo/rpc/.
 */

import type { ContentStore } from '@assay/protocol/ports';
import { contentIdOf, isContentOf } from '@assay/protocol/task/content-id';
import { tuning } from '@assay/protocol/tuning';
import { type ContentMemory, freshContentMemory } from './content-cache.ts';

/** A node's answer when its search for a block timed out, or when it has no peers. */
const notFound = /context deadline exceeded|not found/i;
const notPinned = /not pinned/i;

/** Nodes do not forward a block without bytes, so another node than the writer's would search for it in vain. */
const emptyCid = contentIdOf(new Uint8Array());

/** Before the time in the name of a pin. */
const pinPrefix = 'assay-';

/**
 * The content store of a node whose RPC is at `url` (http://host:5001). Rejects if it does not respond, or responds
 * with anything but a block or "not found". Equal contents are one block: who removes it removes it for all tasks.
 */
export function kuboContentStore(
  url: string,
  nowMs: () => number = Date.now,
  cache: ContentMemory = freshContentMemory(),
): ContentStore {
  const base = url.replace(/\/+$/, '');
  return {
    async put(_place, contents) {
      await Promise.all([...contents].map(([cid, bytes]) => putBlock(base, cid, bytes, nowMs())));
      return 'stored';
    },
    async get(cid) {
      if (cid === emptyCid) return new Uint8Array();
      const cached = cache.get(cid);
      if (cached !== undefined) return cached;
      const query = `arg=${encodeURIComponent(cid)}&timeout=${tuning.ipfsSearchMs}ms`;
      const response = await call(`${base}/api/v0/block/get?${query}`);
      if (!response.ok) {
        const message = await messageIn(response);
        if (response.status === commandFailed && notFound.test(message)) return undefined;
        throw new Error(`The Kubo node at ${base} did not answer for ${cid}: ${message}`);
      }
      const found = await boundedBytes(response, tuning.ipfsBlockBytesMax);
      if (isContentOf(cid, found)) cache.set(cid, found);
      return found;
    },
    async remove(_place, cids) {
      for (const cid of cids) {
        cache.delete(cid);
        await removeBlock(base, cid);
      }
    },
    async expire(beforeMs) {
      for await (const { cid, name } of pinsOf(base)) {
        const atMs = name.startsWith(pinPrefix) ? Number(name.slice(pinPrefix.length)) : Number.NaN;
        if (atMs >= beforeMs || Number.isNaN(atMs)) continue;
        cache.delete(cid);
        await removeBlock(base, cid);
      }
    },
  };
}

/** Stores a block, and pins it with the time: again, if it was pinned before. */
async function putBlock(base: string, cid: string, bytes: Uint8Array, nowMs: number): Promise<void> {
  if (bytes.length > tuning.ipfsBlockBytesMax)
    throw new Error(
      `Content has ${bytes.length} bytes; the limit of one IPFS block is ${tuning.ipfsBlockBytesMax} (ipfsBlockBytesMax).`,
    );
  const form = new FormData();
  form.append('data', new Blob([Uint8Array.from(bytes)]));
  const query = 'cid-codec=raw&mhtype=sha2-256&mhlen=-1&pin=false';
  const response = await call(`${base}/api/v0/block/put?${query}`, form);
  if (!response.ok) throw new Error(`The Kubo node at ${base} did not take ${cid}: ${await messageIn(response)}`);
  const { Key: stored } = (await response.json()) as { Key?: unknown };
  if (stored !== cid) throw new Error(`The Kubo node at ${base} stored ${cid} as ${String(stored).slice(0, 128)}.`);
  const pinned = await call(`${base}/api/v0/pin/add?arg=${cid}&name=${pinPrefix}${nowMs}`);
  if (!pinned.ok) throw new Error(`The Kubo node at ${base} did not pin ${cid}: ${await messageIn(pinned)}`);
  await pinned.arrayBuffer();
}

/** Unpins a block and deletes it from the node; one that is not there is no error. */
async function removeBlock(base: string, cid: string): Promise<void> {
  const arg = encodeURIComponent(cid);
  const unpinned = await call(`${base}/api/v0/pin/rm?arg=${arg}`);
  const message = unpinned.ok ? '' : await messageIn(unpinned);
  if (!unpinned.ok && !notPinned.test(message))
    throw new Error(`The Kubo node at ${base} did not unpin ${cid}: ${message}`);
  const removed = await call(`${base}/api/v0/block/rm?arg=${arg}&force=true`);
  if (!removed.ok) throw new Error(`The Kubo node at ${base} did not delete ${cid}: ${await messageIn(removed)}`);
  await removed.arrayBuffer();
}

/** All pins of the node with their names, one line of JSON each. */
async function* pinsOf(base: string): AsyncIterable<{ readonly cid: string; readonly name: string }> {
  const response = await call(`${base}/api/v0/pin/ls?type=recursive&names=true&stream=true`);
  if (!response.ok) throw new Error(`The Kubo node at ${base} does not list its pins: ${await messageIn(response)}`);
  let rest = '';
  for await (const part of (response.body ?? new Blob([]).stream()).pipeThrough(new TextDecoderStream())) {
    const lines = `${rest}${part}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield pinIn(line);
  }
  if (rest.trim() !== '') yield pinIn(rest);
}

function pinIn(line: string): { readonly cid: string; readonly name: string } {
  const { Cid: cid, Name: name } = Object(JSON.parse(line)) as { Cid?: unknown; Name?: unknown };
  return { cid: String(cid), name: typeof name === 'string' ? name : '' };
}

/** Every command of the RPC is a POST. */
function call(url: string, body?: FormData): Promise<Response> {
  const signal = AbortSignal.timeout(tuning.ipfsSearchMs + tuning.requestTimeoutMs);
  return fetch(url, { method: 'POST', signal, ...(body === undefined ? {} : { body }) }).catch((cause: unknown) => {
    throw new Error(`The Kubo node at ${new URL(url).origin} does not answer; does it run, with its RPC there?`, {
      cause,
    });
  });
}

/** The message of an error: JSON with a field `Message`, or a line of text. */
async function messageIn(response: Response): Promise<string> {
  const text = new TextDecoder().decode(await boundedBytes(response, errorBytesMax));
  try {
    const { Message: message } = JSON.parse(text) as { Message?: unknown };
    return typeof message === 'string' ? message : text;
  } catch {
    return `${response.status} ${text.trim()}`;
  }
}

/** The status of every command that the node accepted and could not execute. */
const commandFailed = 500;
const errorBytesMax = 4_096;

/** A body, cut off at the limit: a longer one cannot be the requested content. */
async function boundedBytes(response: Response, bytesMax: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    parts.push(part);
    size += part.length;
    if (size > bytesMax) break;
  }
  return new Uint8Array(Buffer.concat(parts));
}
