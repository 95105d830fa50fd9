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
    await turn();
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
    await turn();
    const before = on(context, 'evidence').length;
    expect(await observe(context, { ...taskMessage, deliveryCount: 2 })).toMatchObject({ code });
    await turn();
    expect(on(context, 'evidence')).toHaveLength(before);
  });

  it('keeps nothing once the task’s content was deleted, and no note of it after the observation', async () => {
    const context = validator();
    const noted: string[] = [];
    // The keeper has the same cache.
    const set = context.cache.set.bind(context.cache);
    context.cache.set = async (key, ...rest) => {
      if (key.startsWith('evidence:')) noted.push(key);
      await set(key, ...rest);
    };
    await context.bus.publish(subjects.evidence(task.taskId, 'checksum', context.keyring.address), utf8('{}'));
    expect(await observe(context, taskMessage)).toMatchObject({ code: 'observed' });
    await context.evidence.close();
    expect(on(context, 'evidence').map(({ data }) => new TextDecoder().decode(data))).toEqual(['{}']);
    expect(noted).toHaveLength(1);
    for (const key of noted) expect(await context.cache.get(key)).toBeUndefined();
  });

  it('quotes nothing of a sealed task on the bus', async () => {
    const sealed = exampleNetwork(undefined, { ...example.policy, payload: 'sealed' });
    const context = validatorOf(sealed);
    const known = { task, policy: sealed.policy, deadlineMs: 1_000, headers: {} };
    const [observation] = exampleObservations(sealed, task);
    if (observation === undefined) throw new RangeError('There is an observation.');
    context.evidence.keep(context.view, known, observation, measured);
    await turn();
    expect(context.bus.published).toEqual([]);
  });

  it('observes as well where evidence cannot be kept, and tries no more for a while', async () => {
    const context = validator();
    const tried = tryEvidence(context, () => Promise.reject(new Error('no such stream')));
    expect(await observe(context, taskMessage)).toMatchObject({ code: 'observed' });
    await turn();
    keepAgain(context);
    await turn();
    expect(tried()).toBe(1);
    await context.clock.sleep(tuning.evidencePauseMs);
    keepAgain(context);
    await turn();
    expect(tried()).toBe(2);
  });

  it('observes at once where the bus does not answer for the evidence, of which a bounded number waits', async () => {
    const context = validator();
    const never = Promise.withResolvers<never>();
    const tried = tryEvidence(context, () => never.promise);
    expect(await observe(context, taskMessage)).toMatchObject({ code: 'observed' });
    for (let more = 0; more < tuning.evidenceUnderWayMax + 5; more++) keepAgain(context);
    await turn();
    expect(tried()).toBe(tuning.evidenceUnderWayMax);
    // Its clock jumps over the time that the end waits.
    await context.evidence.close();
    expect(context.telemetry.logged).toEqual(['evidence is not kept']);
  });

  it('that lies in its evidence changes no verdict, and nobody else can lie for it', async () => {
    const context = validator();
    await observe(context, taskMessage);
    await turn();
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

/** What was begun is done: the ports of these tests wait for nothing. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Answers for evidence in the place of the bus; returns how often that was. */
function tryEvidence({ bus }: Context, answer: () => Promise<never>): () => number {
  const publish = bus.publish.bind(bus);
  let tries = 0;
  bus.publish = async (subject, ...rest) => {
    if (!subject.includes('.evidence.')) return publish(subject, ...rest);
    tries += 1;
    return answer();
  };
  return () => tries;
}

/** Evidence of another observation. */
function keepAgain({ evidence, view }: Context): void {
  const [observation] = exampleObservations(example, task);
  if (observation === undefined) throw new RangeError('There is an observation.');
  evidence.keep(view, { task, policy: example.policy, deadlineMs: 1_000, headers: {} }, observation, measured);
}

/** The report that rejects the second submission, with what the validator observed in the place of the example's. */
function reportOn(context: Context) {
  const [message] = on(context, 'observations');
  const own = message === undefined ? undefined : decodeMessage(observationSchema, message.data);
  if (!own?.ok) throw new RangeError('The validator has observed.');
  const all = exampleObservations(example, task, (_, role) => (role === 'checksum' ? measured : undefined));
  const others = all.filter(({ operator }) => operator !== own.value.operator);
  return exampleCertifiedReport(example, [{ task, observations: [own.value, ...others] }]);
}
