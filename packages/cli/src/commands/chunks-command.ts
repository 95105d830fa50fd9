/** `assay chunks`: the Merkle tree over an output's chunks, and the first chunk in which two outputs differ. */

import { readFile } from 'node:fs/promises';
import {
  type ChunkTree,
  chunkBytes,
  chunkTree,
  locateDifference,
  nodeAt,
  rootOf,
  treeOver,
} from '@assay/checks/checksum/chunk-merkle';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { digestSchema } from '@assay/protocol/encoding/fields';
import { errorText } from '@assay/protocol/error-text';
import { limits } from '@assay/protocol/limits';
import { z } from 'zod';
import { paint, print } from '../output/terminal.ts';
import { UsageError } from './usage-error.ts';

/** A tree as printed by `--json`: enough for another miner to find the first chunk that differs from its own output. */
const treeFileSchema = z.object({ root: digestSchema, leaves: z.array(digestSchema).min(1) });

/**
 * Prints the tree of a file, or compares two. Resolves with 0, or with 1 if they differ; throws {@link UsageError} for
 * bad files.
 */
export async function chunksCommand(
  file: string,
  other: string | undefined,
  { json }: { readonly json: boolean },
): Promise<number> {
  const own = await treeOf(file);
  if (other === undefined) {
    const leaves = own.levels[0] ?? [];
    const commitment = `chunks:${rootOf(own).slice(2)}`;
    if (json) print(JSON.stringify({ root: rootOf(own), commitment, chunkBytes, leaves }));
    else print(`${leaves.length} chunks of ${chunkBytes} bytes\n${commitment}`);
    return 0;
  }
  const theirs = await treeOf(other);
  const chunk = await locateDifference(own, {
    chunks: theirs.levels[0]?.length ?? 0,
    nodeAt: (level, index) => Promise.resolve(nodeAt(theirs, level, index)),
  });
  const place = chunk === undefined ? undefined : { chunk, from: chunk * chunkBytes, to: (chunk + 1) * chunkBytes };
  if (json) print(JSON.stringify({ equal: place === undefined, ...place }));
  else if (place === undefined) print(paint('green', 'equal'));
  else print(`${paint('red', 'they differ')} from chunk ${place.chunk} on (bytes ${place.from} to ${place.to})`);
  return place === undefined ? 0 : 1;
}

/** The tree of an output's file, or the tree in a `.json` file of this command. */
async function treeOf(file: string): Promise<ChunkTree> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new UsageError(`${file} cannot be read: ${errorText(cause)}`);
  });
  if (!file.endsWith('.json')) {
    if (bytes.length > limits.outputBytesMax)
      throw new UsageError(`${file} has ${bytes.length} bytes; an output has at most ${limits.outputBytesMax}.`);
    return chunkTree(bytes);
  }
  const parsed = treeFileSchema.safeParse(jsonOf(bytes));
  if (!parsed.success) throw new UsageError(`${file} is not a chunk tree; make one with "assay chunks <file> --json".`);
  const tree = treeOver(parsed.data.leaves as Hex[]);
  if (rootOf(tree) !== parsed.data.root)
    throw new UsageError(`${file} states a root that does not follow from its leaves.`);
  return tree;
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
