/** Little evidence ends in abstain, and the report gives the reason: from the check's measurements to the verdict. */
import { exampleNetwork, exampleObservations } from '@assay/protocol/network/example-network';
import type { Measurement } from '@assay/protocol/observation/measurement';
import { checkObservation } from '@assay/protocol/observation/observation';
import type { Role } from '@assay/protocol/observation/role';
import type { Policy } from '@assay/protocol/policy/policy';
import { deriveReport, type SubmissionResult } from '@assay/protocol/report/report';
import { verdictReasons } from '@assay/protocol/report/verdict-reasons';
import { describe, expect, it } from 'vitest';
import { embeddingCheck } from '../agreement/embedding-check.ts';
import { checksumCheck } from '../checksum/checksum-check.ts';
import { testPolicy, testTask, tideAnswers, tidePrompt } from '../text/test-task.ts';
import { semanticCheck } from './semantic-check.ts';

const alike = [0.9, 0.8, 0.85, 0.9].map((cosine, index) => [vector(cosine, index + 1)]);
const apart = [0, 1, 2, 3].map((index) => [vector(0.05, index + 1)]);

/** A vector of length 1 at a cosine to the first axis. */
function vector(cosine: number, other: number): Float32Array {
  const values = new Float32Array(8);
  values[0] = cosine;
  values[other] = Math.sqrt(1 - cosine * cosine);
  return values;
}

interface Case {
  readonly outputs: readonly string[];
  readonly vectors: readonly (readonly Float32Array[])[];
  readonly policy?: Policy;
  /** Roles whose validators are silent. */
  readonly silent?: readonly Role[];
}

/** The first submission's verdict and reasons in the report of four honest operators. */
function reported({ outputs, vectors, policy = testPolicy(), silent = [] }: Case) {
  const example = exampleNetwork(undefined, policy);
  const made = testTask(tidePrompt, outputs);
  const measured: { readonly [R in Role]?: readonly Measurement[] } = {
    checksum: checksumCheck({ ...made, policy, domain: { chainId: 1, hub: `0x${'00'.repeat(20)}` } }),
    embedding: embeddingCheck({ ...made, policy, vectors }),
    semantic: semanticCheck({ ...made, policy }),
  };
  const observations = exampleObservations(example, made.task, (_, role) =>
    silent.includes(role) ? undefined : measured[role],
  ).map((observation) => {
    const checked = checkObservation(example.network, policy, made.task, observation);
    if (!checked.ok) throw new Error(checked.refusal.detail);
    return checked.value;
  });
  const [result] = deriveReport(example.network, policy, made.task, observations).results as [SubmissionResult];
  return { verdict: result.verdict, why: verdictReasons(policy, result).map(({ role, code }) => `${role} ${code}`) };
}

describe('the report', () => {
  it('accepts with enough evidence, without a reason', () => {
    expect(reported({ outputs: tideAnswers, vectors: alike })).toEqual({ verdict: 'accept', why: [] });
  });

  it('abstains on a single submission', () => {
    expect(reported({ outputs: tideAnswers.slice(0, 1), vectors: alike.slice(0, 1) })).toEqual({
      verdict: 'abstain',
      why: ['embedding too-few-submissions', 'semantic too-few-submissions'],
    });
  });

  it('abstains if all submissions disagree', () => {
    const outputs = [
      'Tides come from the gravity of the Moon, which pulls the ocean into two bulges that the coast passes each day.',
      'Bread dough rises because yeast eats sugar and gives off gas that the gluten holds in a warm kitchen overnight.',
      'The offside rule in football says where an attacker may stand when a team mate passes the ball towards goal.',
      'A mortgage is paid back over decades at a rate that the bank may fix for some years before it is set anew.',
    ];
    const { verdict, why } = reported({
      outputs,
      vectors: apart,
      policy: withRole('semantic', { required: false }),
    });
    expect([verdict, why]).toEqual(['abstain', ['embedding no-agreement']]);
  });

  it('abstains on a language that the model does not know, if the policy says so', () => {
    const german = [
      'Die Gezeiten entstehen durch die Schwerkraft des Mondes, die das Wasser der Meere anzieht und zwei Flutberge bildet.',
      'Der Mond zieht das Wasser der Ozeane an, deshalb gibt es an den meisten Küsten zweimal am Tag Hochwasser und Ebbe.',
      'Weil die Erde sich dreht, durchläuft jede Küste am Tag beide Flutberge, die der Mond durch seine Schwerkraft erzeugt.',
      'Ebbe und Flut kommen von der Anziehung des Mondes und der Sonne, die Erde dreht sich darunter einmal am Tag hinweg.',
    ];
    const abstainFlags = ['too-few-submissions', 'no-agreement', 'unsupported-language'] as const;
    const policy = withRole('embedding', { abstainFlags: [...abstainFlags] });
    expect(reported({ outputs: german, vectors: alike, policy })).toEqual({
      verdict: 'abstain',
      why: ['embedding unsupported-language'],
    });
  });

  it('abstains if the comparers have no model and do not start', () => {
    expect(reported({ outputs: tideAnswers, vectors: alike, silent: ['embedding'] })).toEqual({
      verdict: 'abstain',
      why: ['embedding not-observed'],
    });
  });
});

function withRole<R extends Role>(role: R, change: Partial<Policy['roles'][R]>): Policy {
  const policy = testPolicy();
  return { ...policy, roles: { ...policy.roles, [role]: { ...policy.roles[role], ...change } } };
}
