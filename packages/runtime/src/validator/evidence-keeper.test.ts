import { subjects } from '@assay/protocol/bus/subjects';
import { utf8 } from '@assay/protocol/encoding/bytes';
import { decodeMessage, encodeMessage } from '@assay/protocol/encoding/decode';
import {
  exampleCertifiedReport,
  exampleNetwork,
  exampleObservations,
  exampleTask,
} from '@assay/protocol/network/example-network';
import { evidenceSchema, evidenceSigned, type Measured } from '@assay/protocol/observation/evidence';
import { observationSchema } from '@assay/protocol/observation/observation';
import { evidenceOn } from '@assay/protocol/report/explanation';
import { signDigest } from '@assay/protocol/signature/signature';
import { tuning } from '@assay/protocol/tuning';
import { describe, expect, it } from 'vitest';
import { observe } from './observe.ts';
import { messageOn, shelfStore, validatorOf } from './ports.fixture.ts';
import { readEvidence } from './read-evidence.ts';

const example = exampleNetwork();
const { task, prompt, outputs } = exampleTask();
const item = { kind: 'commitment-mismatch', against: 'sha256:1 and sha256:2' };
const measured: Measured[] = task.submissions.map((_, index) =>
  index === 1 ? { score: 0, flags: 0, evidence: [item] } : { score: 10_000, flags: 0 },
);
const taskMessage = { ...messageOn(subjects.task(task.taskId), encodeMessage(task)), deliveryCount: 1 };

/** A checksum validator of the first operator that finds this. */
function validator(found: readonly Measured[] = measured, of = example) {
  const contentStore = shelfStore(...[prompt, ...outputs].map(utf8));
  return validatorOf(of, { contentStore, check: async () => found });
}

type Context = ReturnType<typeof validator>;
const on = ({ bus }: Context, kind: string) => bus.published.filter(({ subject }) => subject.includes(`.${kind}.`));

describe('a validator', () => {
  it('keeps what is behind its observation, and everyone finds it by the report', async () => {
    const context = validator();
    expect(await observe(context, taskMessage)).toMatchObject({ code: 'observed' });
    const [kept] = on(context, 'evidence');
    const decoded = kept === undefined ? undefined : decodeMessage(evidenceSchema, kept.data);
    expect(decoded).toMatchObject({ ok: true, value: { items: [[], [item]] } });
    const report = reportOn(context);
    const stated = await readEvidence(context.bus, example.policy, report);
    expect(evidenceOn(report, stated)[1]).toEqual([
      { role: 'checksum', operator: context.keyring.address, items: [item] },
    ]);
  });

  it.each([
    ['where all is accepted', validator(task.submissions.map(() => ({ score: 10_000, flags: 0 }))), 'observed'],
    ['a second time', validator(), 'observed-already'],
  ])('keeps nothing %s', async (_, context, code) => {
    if (code === 'observed-already') await observe(context, taskMessage);
    const before = on(context, 'evidence').length;
    expect(await observe(context, { ...taskMessage, deliveryCount: 2 })).toMatchObject({ code });
    expect(on(context, 'evidence')).toHaveLength(before);
  });

  it('quotes nothing of a sealed task on the bus', async () => {
    const sealed = exampleNetwork(undefined, { ...example.policy, payload: 'sealed' });
    const context = validatorOf(sealed);
    const known = { task, policy: sealed.policy, deadlineMs: 1_000, headers: {} };
    const [observation] = exampleObservations(sealed, task);
    if (observation === undefined) throw new RangeError('There is an observation.');
    await context.evidence.keep(context.view, known, observation, measured);
    expect(context.bus.published).toEqual([]);
  });

  it('observes as well where evidence cannot be kept, and tries no more for a while', async () => {
    const context = validator();
    const publish = context.bus.publish.bind(context.bus);
    let tries = 0;
    context.bus.publish = async (subject, ...rest) => {
      if (!subject.includes('.evidence.')) return publish(subject, ...rest);
      tries += 1;
      throw new Error('no such stream');
    };
    expect(await observe(context, taskMessage)).toMatchObject({ code: 'observed' });
    const known = { task, policy: example.policy, deadlineMs: 1_000, headers: {} };
    const [observation] = exampleObservations(example, task);
    if (observation === undefined) throw new RangeError('There is an observation.');
    await context.evidence.keep(context.view, known, observation, measured);
    expect(tries).toBe(1);
    await context.clock.sleep(tuning.evidencePauseMs);
    await context.evidence.keep(context.view, known, observation, measured);
    expect(tries).toBe(2);
  });

  it('that lies in its evidence changes no verdict, and nobody else can lie for it', async () => {
    const context = validator();
    await observe(context, taskMessage);
    const report = reportOn(context);
    const { network, policy } = example;
    const [kept] = on(context, 'evidence');
    const honest = kept === undefined ? undefined : decodeMessage(evidenceSchema, kept.data);
    if (!honest?.ok) throw new RangeError('There is evidence.');
    const untrue = { ...honest.value, items: [[{ kind: 'injection', strength: 10_000 }], []] };
    // Signed by its operator: shown as its word. By another one, or by nobody: not shown.
    const sign = (by: number) =>
      signDigest(evidenceSigned(network, untrue).digest, example.operators[by]?.privateKey ?? new Uint8Array());
    for (const [signature, shown] of [
      [sign(0), true],
      [sign(1), false],
      [honest.value.signature, false],
    ] as const) {
      const { taskId, role, operator } = untrue;
      await context.bus.publish(subjects.evidence(taskId, role, operator), encodeMessage({ ...untrue, signature }));
      const [first] = evidenceOn(report, await readEvidence(context.bus, policy, report));
      expect(first?.length).toBe(shown ? 1 : 0);
    }
    expect(reportOn(context)).toEqual(report);
  });
});

/** The report that rejects the second submission, with what the validator observed in the place of the example's. */
function reportOn(context: Context) {
  const [message] = on(context, 'observations');
  const own = message === undefined ? undefined : decodeMessage(observationSchema, message.data);
  if (!own?.ok) throw new RangeError('The validator has observed.');
  const all = exampleObservations(example, task, (_, role) => (role === 'checksum' ? measured : undefined));
  const others = all.filter(({ operator }) => operator !== own.value.operator);
  return exampleCertifiedReport(example, [{ task, observations: [own.value, ...others] }]);
}
