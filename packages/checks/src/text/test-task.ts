/** Tasks for the tests of this package: texts in, check input out. */
import { utf8 } from '@assay/protocol/encoding/bytes';
import { type Policy, policySchema } from '@assay/protocol/policy/policy';
import { contentIdOf } from '@assay/protocol/task/content-id';
import { type Task, type TaskBody, taskIdOf } from '@assay/protocol/task/task';
import type { TaskContent } from '@assay/protocol/task/task-content';

/** A policy with the default thresholds of every check; `changes` replace whole fields. */
export function testPolicy(changes: Partial<Policy> = {}): Policy {
  const rules = { required: true, rejectFlags: [], abstainFlags: [], scoreTolerance: 0, parameters: {} };
  return policySchema.parse({
    name: 'standard',
    version: 1,
    payload: 'public',
    modelDigest: `0x${'00'.repeat(32)}`,
    checksDigest: `0x${'c4'.repeat(32)}`,
    deadlineMs: 20_000,
    commitments: 'optional',
    submissionSignatures: 'optional',
    roles: {
      checksum: { ...rules, acceptScoreMin: 10_000 },
      embedding: { ...rules, acceptScoreMin: 5_000, abstainFlags: ['too-few-submissions', 'no-agreement'] },
      semantic: { ...rules, acceptScoreMin: 5_000, abstainFlags: ['too-few-submissions'] },
    },
    ...changes,
  });
}

/** A task with its content; `extra` is merged into the submission entries by position. */
export function testTask(
  prompt: string,
  outputs: readonly string[],
  extra: readonly Partial<Task['submissions'][number]>[] = [],
  parameters: Task['parameters'] = {},
): { task: Task; content: TaskContent } {
  const entry = (text: string) => ({ cid: contentIdOf(utf8(text)), bytes: utf8(text).length });
  const texts = outputs.map((text) => text.toWellFormed());
  const body: TaskBody = {
    version: 1,
    reference: 'test',
    policy: 'standard',
    parameters,
    prompt: entry(prompt.toWellFormed()),
    submissions: texts.map((text, index) => ({ miner: `miner-${index}`, ...entry(text), ...extra[index] })),
  };
  return {
    task: { ...body, taskId: taskIdOf(body) },
    content: { prompt, outputs: texts.map((text) => ({ bytes: utf8(text) })) },
  };
}

/** Four answers in different words to {@link tidePrompt}, all right. */
export const tideAnswers = [
  'Tides come from the gravity of the Moon. It pulls on the ocean, so the water bulges on the side that faces the Moon and on the opposite side. As the Earth turns once a day, a coast passes both bulges, which gives two high tides.',
  'The Moon pulls the water of the ocean towards it by gravity. One bulge forms under the Moon and another on the far side of the Earth. Since the Earth rotates, most coasts see two high tides and two low tides each day. The Sun adds a smaller pull.',
  'Mostly because of the Moon. Its gravity stretches the ocean into two bulges, one near the Moon and one opposite. The rotation of the Earth carries every beach through both bulges in about a day. When the Sun lines up with the Moon, the tides are higher.',
  'Gravity is the reason: the Moon and, less strongly, the Sun attract the ocean. The water rises on both sides of the Earth, and because our planet turns, a place meets the high water about twice in 24 hours and 50 minutes.',
] as const;

export const tidePrompt = 'Why are there tides in the ocean, and why are there usually two high tides a day?';
