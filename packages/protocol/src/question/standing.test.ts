import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { subjects } from '../bus/subjects.ts';
import { encodeMessage } from '../encoding/decode.ts';
import { domain, endMark, exampleAnswer, exampleQuestion, onBus, untilMs } from './question.fixture.ts';
import { type AnswerMessage, admit, noAnswers, standingOf, takeMessage } from './standing.ts';

const question = exampleQuestion();
const other = exampleQuestion({ reference: 'another' });
const [first, second, third, fourth] = [1, 2, 3, 4].map((miner) => exampleAnswer(question, miner)) as [
  ReturnType<typeof exampleAnswer>,
  ReturnType<typeof exampleAnswer>,
  ReturnType<typeof exampleAnswer>,
  ReturnType<typeof exampleAnswer>,
];
const standing = (...messages: AnswerMessage[]) => standingOf(domain, question, messages);
const taken = (...messages: AnswerMessage[]) => standing(...messages).taken.map(({ answer }) => answer.miner);
const subjectOfFirst = subjects.answer(question.questionId, first.miner);

const refusals: readonly [what: string, before: readonly AnswerMessage[], message: AnswerMessage, code: string][] = [
  ['a late answer', [], onBus(question, first, untilMs + 1), 'question-closed'],
  ['an answer behind the mark', [endMark(question, untilMs + 1)], onBus(question, first, untilMs), 'question-closed'],
  [
    'an answer more than wanted',
    [first, second, third].map((one) => onBus(question, one)),
    onBus(question, fourth),
    'question-closed',
  ],
  ['the signature of another', [], onBus(question, exampleAnswer(question, 1, 'x', 2)), 'forged'],
  ['an answer to another question', [], onBus(question, exampleAnswer(other, 1)), 'forged'],
  ['another output under the signature', [], onBus(question, { ...first, cid: second.cid }), 'forged'],
  [
    'another model under the signature',
    [],
    onBus(question, { ...first, modelDigest: `0x${'01'.repeat(32)}` }),
    'forged',
  ],
  ['a second answer', [onBus(question, first)], onBus(question, exampleAnswer(question, 1, 'x')), 'answered-already'],
  ['a replay', [onBus(question, first)], onBus(question, first), 'answered-already'],
  ['the subject of another', [], { ...onBus(question, second), subject: subjectOfFirst }, 'wrong-subject'],
  [
    'no signature',
    [],
    { ...onBus(question, first), data: encodeMessage({ ...first, signature: undefined }) },
    'malformed',
  ],
  ['bytes', [], { ...onBus(question, first), data: Uint8Array.of(1, 2) }, 'malformed'],
  ['a mark of the end before the time', [], endMark(question, untilMs), 'question-open'],
];

describe('takeMessage', () => {
  it.each(refusals)('refuses %s', (_, before, message, code) => {
    const refused = takeMessage(domain, question, standing(...before), message);
    expect(refused).toMatchObject({ ok: false, refusal: { code } });
    expect(standing(...before, message)).toEqual(standing(...before));
  });

  it('takes answers up to the last millisecond, and closes with the last that it wants', () => {
    expect(standing(onBus(question, first, untilMs))).toMatchObject({
      taken: [{ answer: first, receivedAtMs: untilMs }],
      isClosed: false,
    });
    expect(standing(...[first, second, third].map((one) => onBus(question, one))).isClosed).toBe(true);
    expect(standing(endMark(question, untilMs + 1)).isClosed).toBe(true);
  });
});

describe('standingOf', () => {
  const good = [1, 2, 3, 4, 5].map((miner) => exampleAnswer(question, miner));
  const bad = [exampleAnswer(other, 1), exampleAnswer(question, 2, 'x', 3)];
  const atMs = fc.integer({ min: untilMs - 2, max: untilMs + 2 });
  const answered = fc.tuple(fc.constantFrom(...good, ...bad), atMs).map(([one, ms]) => onBus(question, one, ms));
  const ended = atMs.map((ms) => endMark(question, ms));
  const message = fc.oneof({ weight: 6, arbitrary: answered }, { weight: 1, arbitrary: ended });

  it('takes no more than wanted, one of each miner, each signed and in time, whatever is on the stream', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 10 }), (messages) => {
        const { taken: all } = standing(...messages);
        expect(all.length).toBeLessThanOrEqual(3);
        expect(new Set(all.map(({ answer }) => answer.miner)).size).toBe(all.length);
        for (const { answer, receivedAtMs } of all) {
          expect(good).toContainEqual(answer);
          expect(receivedAtMs).toBeLessThanOrEqual(untilMs);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('once closed, is the same for everyone who reads further', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 10 }), fc.nat(10), (messages, seen) => {
        const early = standing(...messages.slice(0, seen));
        if (early.isClosed) expect(standing(...messages)).toEqual(early);
      }),
      { numRuns: 25 },
    );
  });
});

describe('admit', () => {
  const before = standing(onBus(question, first));

  it('takes a new answer, and knows the same one again, by whatever signature', () => {
    expect(admit(question, before, second, untilMs)).toEqual({ ok: true, value: { earlier: undefined } });
    const again = { ...first, signature: `0x${'01'.repeat(65)}` as const };
    expect(admit(question, before, again, untilMs + 9)).toEqual({ ok: true, value: { earlier: before.taken[0] } });
  });

  it('refuses what comes too late, and a second answer', () => {
    const code = (refused: ReturnType<typeof admit>) => (refused.ok ? 'none' : refused.refusal.code);
    expect(code(admit(question, noAnswers, first, untilMs + 1))).toBe('question-closed');
    expect(code(admit(question, standing(endMark(question, untilMs + 1)), first, 0))).toBe('question-closed');
    expect(code(admit(question, before, exampleAnswer(question, 1, 'x'), 0))).toBe('answered-already');
    expect(taken(onBus(question, first), onBus(question, exampleAnswer(question, 1, 'x')))).toEqual([first.miner]);
  });
});
