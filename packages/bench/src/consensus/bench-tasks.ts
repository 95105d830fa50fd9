/** Tasks of the consensus bench. Each has its own prompt and answers, so no cache can answer for another. */

import { sha256Hex, utf8 } from '@assay/protocol/encoding/bytes';
import { buildTask, type TaskWithContents } from '@assay/protocol/task/build-task';
import { taskRequestSchema } from '@assay/protocol/task/task';
import { benchPolicy } from './bench-network.ts';

const words = 'the of a network that answers with more than one model and checks each by its own measure'.split(' ');

/** The task with a number; the same number gives the same task. Answers have about 200 bytes and valid commitments. */
export function benchTask(series: string, number: number, submissions: number): TaskWithContents {
  return buildTask(
    taskRequestSchema.parse({
      reference: `bench ${series} ${number}`,
      policy: benchPolicy,
      prompt: `What did the network find out about case ${number} of ${series}?`,
      submissions: Array.from({ length: submissions }, (_, index) => {
        const output = `Answer ${index} of case ${number} of ${series}: ${textOf(number * submissions + index)}.`;
        return { miner: `miner-${index}`, output, commitment: `sha256:${sha256Hex(utf8(output)).slice(2)}` };
      }),
    }),
  );
}

function textOf(seed: number): string {
  let state = (seed * 2_654_435_761) >>> 0;
  return Array.from({ length: 32 }, () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return words[state % words.length];
  }).join(' ');
}
