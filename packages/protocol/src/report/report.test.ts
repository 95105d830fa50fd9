import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exampleMeasurements, exampleNetwork, exampleTask, policyRequiring } from '../network/example-network.ts';
import { flagWord } from '../observation/flag.ts';
import { type Measurement, scoreMax } from '../observation/measurement.ts';
import type { CheckedObservation } from '../observation/observation.ts';
import type { Role } from '../observation/role.ts';
import { type Policy, rolesOf, type Vote, voteOf } from '../policy/policy.ts';
import { deriveReport, firstOfEach, isFinal, type Verdict } from './report.ts';
import { weightedMedian } from './weighted-median.ts';

const { task } = exampleTask({ outputs: ['one'] });
const base = exampleNetwork(Array.from({ length: 7 }, () => 1n));
const { policy } = base;
const roles = rolesOf(policy);

/** The example's network with other weights and one operator for each. */
function networkOf(weights: readonly bigint[]) {
  return {
    ...base.network,
    members: base.operators
      .slice(0, weights.length)
      .map(({ address }, index) => ({ operator: address, weight: weights[index] ?? 1n })),
  };
}
type Net = ReturnType<typeof networkOf>;

/** An observation of the task's one submission that counts as checked: reports do not verify signatures. */
function observed(network: Net, index: number, role: Role, measurement: Measurement): CheckedObservation {
  const { operator, weight } = network.members[index] ?? { operator: '0x' as const, weight: 0n };
  const word = `0x${'00'.repeat(32)}` as const;
  const observation = {
    taskId: task.taskId,
    role,
    operator,
    epoch: 7,
    methodDigest: word,
    measurements: word,
    signature: word,
  };
  return { observation, weight, measurements: [measurement] };
}

const one = (network: Net, observations: readonly CheckedObservation[], ownPolicy: Policy = policy) => {
  const [result] = deriveReport(network, ownPolicy, task, observations).results;
  if (result === undefined) throw new Error('The task has one submission.');
  return result;
};
const each = (network: Net, measure: (index: number, role: Role) => Vote | 'silent') =>
  network.members.flatMap((_, index) =>
    roles.flatMap((role) => {
      const vote = measure(index, role);
      return vote === 'silent' ? [] : [observed(network, index, role, exampleMeasurements[vote])];
    }),
  );

const measurements = fc.record({
  score: fc.integer({ min: 0, max: scoreMax }),
  flags: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffffffff })),
});
const weights = fc.array(fc.oneof(fc.bigInt(1n, 5n), fc.bigInt(1n, 2n ** 96n - 1n)), { minLength: 1, maxLength: 7 });
/** A network and, for each operator and role, a measurement or silence. */
const scenes = fc.record({
  weights,
  votes: fc.array(fc.option(fc.oneof(measurements, fc.constantFrom(...Object.values(exampleMeasurements)))), {
    minLength: 21,
    maxLength: 21,
  }),
});
const observationsOf = (network: Net, votes: readonly (Measurement | null)[]) =>
  network.members.flatMap((_, index) =>
    roles.flatMap((role, place) => {
      const measurement = votes[index * 3 + place];
      return measurement == null ? [] : [observed(network, index, role, measurement)];
    }),
  );

describe('a report of four equal operators', () => {
  const network = networkOf([1n, 1n, 1n, 1n]);
  it.each<[string, Verdict, boolean, (index: number, role: Role) => Vote | 'silent']>([
    ['all accept', 'accept', true, () => 'accept'],
    ['all reject', 'reject', true, () => 'reject'],
    ['one liar cannot stop an accept', 'accept', true, (index) => (index === 0 ? 'reject' : 'accept')],
    ['one liar cannot stop a reject', 'reject', true, (index) => (index === 0 ? 'accept' : 'reject')],
    ['two liars: abstain, for good', 'abstain', true, (index) => (index < 2 ? 'reject' : 'accept')],
    ['one silent', 'accept', true, (index) => (index === 0 ? 'silent' : 'accept')],
    ['two silent: the others may come', 'abstain', false, (index) => (index < 2 ? 'silent' : 'accept')],
    [
      'one silent, one liar: the silent one may settle it',
      'abstain',
      false,
      (index) => (['silent', 'reject', 'accept', 'accept'] as const)[index] ?? 'silent',
    ],
    [
      'one silent, two liars: the silent one may reject',
      'abstain',
      false,
      (index) => (['silent', 'reject', 'reject', 'accept'] as const)[index] ?? 'silent',
    ],
    [
      'one silent, the others all differ: nobody can settle it',
      'abstain',
      true,
      (index) => (['silent', 'reject', 'abstain', 'accept'] as const)[index] ?? 'silent',
    ],
    ['nobody observed', 'abstain', false, () => 'silent'],
    ['one role rejects', 'reject', true, (_, role) => (role === 'semantic' ? 'reject' : 'accept')],
    [
      'one role rejects, the others are silent',
      'reject',
      true,
      (_, role) => (role === 'semantic' ? 'reject' : 'silent'),
    ],
    ['one role is silent', 'abstain', false, (_, role) => (role === 'semantic' ? 'silent' : 'accept')],
    ['one role abstains', 'abstain', true, (_, role) => (role === 'embedding' ? 'abstain' : 'accept')],
    [
      'one role abstains, another is silent: it may reject',
      'abstain',
      false,
      (_, role) => (role === 'semantic' ? 'silent' : role === 'embedding' ? 'abstain' : 'accept'),
    ],
    ['abstain is no accept: two and two', 'abstain', true, (index) => (index < 2 ? 'abstain' : 'accept')],
    ['abstain is no reject: two and two', 'abstain', true, (index) => (index < 2 ? 'abstain' : 'reject')],
    ['one abstains, three accept', 'accept', true, (index) => (index === 0 ? 'abstain' : 'accept')],
  ])('%s', (_, verdict, final, measure) => {
    expect(one(network, each(network, measure))).toMatchObject({ verdict, final });
  });

  it('a role that is not required only informs', () => {
    const ownPolicy = policyRequiring('checksum', 'embedding');
    const result = one(
      network,
      each(network, (_, role) => (role === 'semantic' ? 'reject' : 'accept')),
      ownPolicy,
    );
    expect(result).toMatchObject({ verdict: 'accept', final: true, scores: { semantic: 0, checksum: scoreMax } });
    expect(
      one(
        network,
        each(network, (_, role) => (role === 'semantic' ? 'silent' : 'accept')),
        ownPolicy,
      ),
    ).toMatchObject({ verdict: 'accept', final: true });
  });

  it('without a required role nothing is accepted', () => {
    let verdict: Verdict | undefined;
    try {
      verdict = one(network, [], policyRequiring()).verdict;
    } catch {
      // Refusing such a policy is as good.
    }
    expect(verdict).not.toBe('accept');
  });

  it('states scores and flags of a quorum only', () => {
    const two = each(network, (index) => (index < 2 ? 'accept' : 'silent'));
    expect(one(network, two)).toMatchObject({ scores: {}, flags: {} });
    const word = flagWord('semantic', ['echo', 'truncated']);
    const echo = flagWord('semantic', ['echo']);
    const marked = [word, word, echo, 0].map((flags, index) =>
      observed(network, index, 'semantic', { score: 1_000 * (index + 1), flags }),
    );
    expect(one(network, marked)).toMatchObject({ scores: { semantic: 2_000 }, flags: { semantic: ['echo'] } });
    expect(one(network, marked.slice(1)).flags).toEqual({});
  });

  it('is final if all its results are', () => {
    const pair = exampleTask().task;
    const all = network.members.flatMap((_, index) =>
      roles.map((role) => ({
        ...observed(network, index, role, exampleMeasurements.accept),
        measurements: [exampleMeasurements.accept, index < 2 ? exampleMeasurements.reject : exampleMeasurements.accept],
      })),
    );
    const report = deriveReport(network, policy, pair, all);
    expect(report.taskId).toBe(pair.taskId);
    expect(report.results.map(({ miner, verdict }) => [miner, verdict])).toEqual(
      pair.submissions.map(({ miner }, index) => [miner, index === 0 ? 'accept' : 'abstain']),
    );
    expect(report.final).toBe(true);
    expect(deriveReport(network, policy, pair, all.slice(0, 9)).final).toBe(false);
    const short = observed(network, 0, 'checksum', exampleMeasurements.accept);
    expect(() => deriveReport(network, policy, pair, [short])).toThrow(RangeError);
  });
});

describe('one observation for each operator and role', () => {
  const network = networkOf([1n, 1n]);
  const [a, b, c] = [
    observed(network, 0, 'checksum', exampleMeasurements.accept),
    observed(network, 0, 'checksum', exampleMeasurements.reject),
    observed(network, 0, 'semantic', exampleMeasurements.accept),
  ];
  it('a second one is dropped, or throws', () => {
    expect(firstOfEach([a, b, c])).toEqual([a, c]);
    expect(firstOfEach([b, a, c])).toEqual([b, c]);
    expect(() => deriveReport(network, policy, task, [a, b])).toThrow(RangeError);
  });
});

describe('any report', () => {
  it('does not depend on the order of observations', () => {
    fc.assert(
      fc.property(
        scenes.chain((scene) => {
          const network = networkOf(scene.weights);
          const all = observationsOf(network, scene.votes);
          return fc.tuple(fc.constant(network), fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }));
        }),
        ([network, all, shuffled]) => {
          expect(deriveReport(network, policy, task, shuffled)).toEqual(deriveReport(network, policy, task, all));
        },
      ),
    );
  });

  it('accepts or rejects only with more than two thirds', () => {
    fc.assert(
      fc.property(scenes, (scene) => {
        const network = networkOf(scene.weights);
        const all = observationsOf(network, scene.votes);
        const total = scene.weights.reduce((sum, weight) => sum + weight, 0n);
        const most = (role: Role, vote: Vote) =>
          all
            .filter(
              (entry) =>
                entry.observation.role === role &&
                voteOf(role, policy, entry.measurements[0] ?? exampleMeasurements.abstain) === vote,
            )
            .reduce((sum, entry) => sum + entry.weight, 0n) *
            3n >
          total * 2n;
        const expected = roles.some((role) => most(role, 'reject'))
          ? 'reject'
          : roles.every((role) => most(role, 'accept'))
            ? 'accept'
            : 'abstain';
        expect(one(network, all).verdict).toBe(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('is the honest one, whatever liars of less than a third measure or withhold', () => {
    const votes = fc.record({
      checksum: fc.constantFrom<Vote>('accept', 'accept', 'reject', 'abstain'),
      embedding: fc.constantFrom<Vote>('accept', 'accept', 'reject', 'abstain'),
      semantic: fc.constantFrom<Vote>('accept', 'accept', 'reject', 'abstain'),
    });
    fc.assert(
      fc.property(
        scenes,
        fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }),
        votes,
        (scene, wantsToLie, honest: Partial<Record<Role, Vote>>) => {
          const network = networkOf(scene.weights);
          const total = scene.weights.reduce((sum, weight) => sum + weight, 0n);
          let lying = 0n;
          const isLiar = network.members.map(({ weight }, index) => {
            if (wantsToLie[index] !== true || (lying + weight) * 3n >= total) return false;
            lying += weight;
            return true;
          });
          const lies = observationsOf(network, scene.votes).filter(
            ({ observation }) => isLiar[network.members.findIndex(({ operator }) => operator === observation.operator)],
          );
          const truth = each(network, (index, role) =>
            isLiar[index] === true ? 'silent' : (honest[role] ?? 'silent'),
          );
          const said = Object.values(honest);
          const expected = said.includes('reject')
            ? 'reject'
            : said.every((vote) => vote === 'accept')
              ? 'accept'
              : 'abstain';
          expect(one(network, [...truth, ...lies]).verdict).toBe(expected);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is final if and only if no further observations can change its verdict', () => {
    const further = fc.array(measurements, { minLength: 21, maxLength: 21 });
    fc.assert(
      fc.property(scenes, further, fc.array(fc.boolean(), { minLength: 21, maxLength: 21 }), (scene, late, comes) => {
        const network = networkOf(scene.weights);
        const before = one(network, observationsOf(network, scene.votes));
        expect(isFinal(network, policy, task, observationsOf(network, scene.votes))).toBe(before.final);
        const later = (of: (place: number) => Measurement | null) =>
          one(
            network,
            observationsOf(
              network,
              scene.votes.map((vote, place) => vote ?? of(place)),
            ),
          ).verdict;
        if (before.final) {
          expect(later((place) => (comes[place] === true ? (late[place] ?? null) : null))).toBe(before.verdict);
          expect([later(() => exampleMeasurements.accept), later(() => exampleMeasurements.reject)]).toEqual([
            before.verdict,
            before.verdict,
          ]);
        } else {
          expect(before.verdict).toBe('abstain');
          expect(
            [later(() => exampleMeasurements.accept), later(() => exampleMeasurements.reject)].some(
              (verdict) => verdict !== 'abstain',
            ),
          ).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('the weighted median', () => {
  it.each([
    [[[1, 1]], 1],
    [
      [
        [1, 1],
        [9, 1],
      ],
      1,
    ],
    [
      [
        [9, 1],
        [1, 1],
        [5, 1],
      ],
      5,
    ],
    [
      [
        [1, 1],
        [2, 1],
        [9, 3],
      ],
      9,
    ],
    [
      [
        [1, 3],
        [9, 3],
      ],
      1,
    ],
  ])('of %j is %i', (scored, median) => {
    expect(weightedMedian(scored.map(([score = 0, weight = 0]) => ({ score, weight: BigInt(weight) })))).toBe(median);
  });

  it('of nothing is not defined', () => {
    expect(() => weightedMedian([])).toThrow(RangeError);
  });

  it('equals the median with each score repeated by its weight', () => {
    const scored = fc.array(
      fc.record({ score: fc.integer({ min: 0, max: 20 }), weight: fc.integer({ min: 1, max: 6 }) }),
      { minLength: 1, maxLength: 9 },
    );
    fc.assert(
      fc.property(scored, (all) => {
        const repeated = all
          .flatMap(({ score, weight }) => Array.from({ length: weight }, () => score))
          .sort((a, b) => a - b);
        expect(weightedMedian(all.map(({ score, weight }) => ({ score, weight: BigInt(weight) })))).toBe(
          repeated[Math.ceil(repeated.length / 2) - 1],
        );
      }),
    );
  });

  it('is between two honest scores if a quorum observed and liars have less than a third', () => {
    const member = fc.record({
      weight: fc.bigInt(1n, 100n),
      score: fc.integer({ min: 0, max: scoreMax }),
      kind: fc.constantFrom('honest', 'honest', 'liar', 'silent'),
    });
    fc.assert(
      fc.property(fc.array(member, { minLength: 1, maxLength: 7 }), (members) => {
        const network = networkOf(members.map(({ weight }) => weight));
        const sum = (kind: string) =>
          members.reduce((weight, one) => (one.kind === kind ? weight + one.weight : weight), 0n);
        const total = sum('honest') + sum('liar') + sum('silent');
        fc.pre(sum('liar') * 3n < total && sum('silent') * 3n < total);
        const all = members.flatMap(({ score, kind }, index) =>
          kind === 'silent' ? [] : [observed(network, index, 'semantic', { score, flags: 0 })],
        );
        const honest = members.filter(({ kind }) => kind === 'honest').map(({ score }) => score);
        const stated = one(network, all).scores.semantic;
        expect(stated).toBeGreaterThanOrEqual(Math.min(...honest));
        expect(stated).toBeLessThanOrEqual(Math.max(...honest));
      }),
    );
  });
});
