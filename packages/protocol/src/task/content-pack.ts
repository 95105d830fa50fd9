/**
 * Contents as messages of the bus: several of them in one message, because a task is then one write and one read. A
 * message is the length of its head (four bytes, big-endian), the head as JSON, and the contents one after another.
 * Nothing in it is trusted: readers check each content against its CID.
 */
import { z } from 'zod';
import { concatBytes, utf8 } from '../encoding/bytes.ts';
import { checkShape } from '../encoding/decode.ts';
import { cidSchema } from '../encoding/fields.ts';
import { limits } from '../limits.ts';
import { accepted, type Checked, refused } from '../refusal.ts';

const contentsMax = limits.submissionsMax + 1;
const headSchema = z.strictObject({
  /** Messages of all contents together. */
  messages: z.int().min(1).max(contentsMax),
  contents: z.array(z.tuple([cidSchema, z.int().min(0).max(limits.contentBytesMax)])).max(contentsMax),
});

/** Bytes of a head for each content: its CID, its length, and what is around them. */
const entryBytes = limits.cidCharsMax + 16;
const headBytes = 64;

/** What one message holds. */
export interface ContentPack {
  /** How many messages hold all contents. */
  readonly messages: number;
  readonly contents: ReadonlyMap<string, Uint8Array>;
}

/** The messages of some contents, in their order, each within {@link limits.messageBytesMax}. One at least. */
export function packContents(contents: ReadonlyMap<string, Uint8Array>): Uint8Array[] {
  const packs: [string, Uint8Array][][] = [[]];
  let bytes = headBytes;
  for (const [cid, content] of contents) {
    const added = content.length + entryBytes;
    if (bytes + added > limits.messageBytesMax) {
      packs.push([]);
      bytes = headBytes;
    }
    packs.at(-1)?.push([cid, content]);
    bytes += added;
  }
  return packs.map((pack) => {
    const head = utf8(
      JSON.stringify({ messages: packs.length, contents: pack.map(([cid, content]) => [cid, content.length]) }),
    );
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, head.length);
    return concatBytes(length, head, ...pack.map(([, content]) => content));
  });
}

/** Reads one message; `malformed` if it is none. The contents are parts of its bytes, not copies. */
export function unpackContents(bytes: Uint8Array): Checked<ContentPack> {
  if (bytes.length < 4) return refused('malformed', 'The message has no head.');
  const start = 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  if (start > bytes.length) return refused('malformed', 'The head is longer than the message.');
  const head = checkShape(headSchema, jsonIn(bytes.subarray(4, start)));
  if (!head.ok) return head;
  const contents = new Map<string, Uint8Array>();
  let at = start;
  for (const [cid, length] of head.value.contents) {
    contents.set(cid, bytes.subarray(at, at + length));
    at += length;
  }
  if (at !== bytes.length) return refused('malformed', 'The contents do not have the lengths of the head.');
  return accepted({ messages: head.value.messages, contents });
}

function jsonIn(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
