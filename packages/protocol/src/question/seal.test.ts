import { describe, expect, it } from 'vitest';
import { subjects } from '../bus/subjects.ts';
import { exampleKey, exampleNetwork } from '../network/example-network.ts';
import { addressOf, signDigest } from '../signature/signature.ts';
import { sealToSign } from '../signature/typed-data.ts';
import { readTask } from '../task/known-task.ts';
import {
  idOfSealed,
  questionIdOf,
  questionOf,
  submissionsDigest,
  type Task,
  type TaskBody,
  taskIdOf,
  taskSchema,
} from '../task/task.ts';
import { encodeTaskMessage } from '../task/task-message.ts';
import { isReceipt, type Receipt, signedAnswer, signedReceipt } from './answer.ts';
import {
  domain,
  endMark,
  exampleAnswer,
  exampleQuestion,
  exampleSealed,
  onBus,
  sealer,
  sealerKey,
  untilMs,
} from './question.fixture.ts';
import { buildQuestion, questionRequestSchema, questionSchema } from './question.ts';
import { checkSealed, isLeftOut, sealableSet } from './seal.ts';
import { standingOf } from './standing.ts';

const question = exampleQuestion();
const answers = [1, 2].map((miner) => exampleAnswer(question, miner));
const task = exampleSealed(question, answers);
const { network, policy } = exampleNetwork();
const view = { network: { ...domain, hub: network.hub }, policies: new Map([[policy.name, policy]]) };
const onTasks = (one: Task) => ({
  subject: subjects.task(one.taskId),
  data: encodeTaskMessage(one),
  timestampMs: 5,
  headers: {},
});

/** The task changed, with the id that fits; sealed again by `key`, if given. */
function changed(over: Partial<TaskBody>, key?: Uint8Array): Task {
  const body = { ...task, ...over };
  if (key !== undefined && body.question !== undefined) {
    const digest = submissionsDigest(body.submissions);
    const questionId = questionIdOf(questionOf({ ...body, question: body.question }));
    const seal = signDigest(sealToSign(domain, { questionId, submissionsDigest: digest }).digest, key);
    body.question = { ...body.question, seal };
  }
  return { ...body, taskId: taskIdOf(body) };
}

describe('a question', () => {
  it('has an id that changes with each field, and no answer in it', () => {
    const variants = [
      question,
      exampleQuestion({ reference: 'r' }),
      exampleQuestion({ policy: 'other' }),
      exampleQuestion({ parameters: { seed: 1 } }),
      exampleQuestion({ prompt: 'other' }),
      exampleQuestion({ answersUntilMs: untilMs + 1 }),
      exampleQuestion({ answersMax: 2 }),
      exampleQuestion({}, addressOf(exampleKey(1))),
    ];
    expect(new Set(variants.map(({ questionId }) => questionId)).size).toBe(variants.length);
    expect(questionSchema.parse(structuredClone(question))).toEqual(question);
    expect(questionSchema.safeParse({ ...question, reference: 'r' }).success).toBe(false);
    const request = questionRequestSchema.parse({ reference: 'q', prompt: 'p', answersUntilMs: 1 });
    expect(buildQuestion(request, sealer).question).toMatchObject({ policy: 'standard', question: { answersMax: 32 } });
  });
});

describe('a sealed task', () => {
  it('has an id of question and set, in whatever order the answers came', () => {
    expect(task.taskId).toBe(idOfSealed(question.questionId, submissionsDigest(task.submissions)));
    expect(exampleSealed(question, answers.toReversed())).toEqual(task);
    expect(taskSchema.parse(structuredClone(task))).toEqual(task);
    expect(exampleSealed(question, answers.slice(1)).taskId).not.toBe(task.taskId);
  });

  it('is read by operators and whoever counts, and a whole task as before', () => {
    expect(readTask(view, onTasks(task))).toMatchObject({ ok: true, value: { known: { task } } });
    const { question: _, ...rest } = task;
    const whole = { ...rest, submissions: task.submissions.map(({ signature: __, ...one }) => one) };
    expect(readTask(view, onTasks({ ...whole, taskId: taskIdOf(whole) })).ok).toBe(true);
  });

  const [one, two] = task.submissions as [Task['submissions'][number], Task['submissions'][number]];
  const terms = task.question as NonNullable<Task['question']>;
  const refusals: readonly [what: string, task: Task, code: string][] = [
    ['the seal of somebody else', exampleSealed(question, answers, exampleKey(1)), 'forged'],
    ['another set under the seal', changed({ submissions: [one] }), 'forged'],
    ['the set of another question under the seal', changed({ reference: 'other' }), 'forged'],
    ['other terms under the seal', changed({ question: { ...terms, answersMax: 32 } }), 'forged'],
    [
      'an unsigned answer',
      changed({ submissions: [{ ...one, signature: undefined }, two] } as never, sealerKey),
      'forged',
    ],
    ['an answer to another question', exampleOf(exampleAnswer(exampleQuestion({ reference: 'old' }), 1)), 'forged'],
    ['an answer that was changed', changed({ submissions: [{ ...one, cid: two.cid }, two] }, sealerKey), 'forged'],
    ['an answer by a name', changed({ submissions: [{ ...one, miner: '0-name' }, two] }, sealerKey), 'forged'],
    ['a set out of order', changed({ submissions: [two, one] }, sealerKey), 'malformed'],
    ['more answers than wanted', changed({ question: { ...terms, answersMax: 1 } }, sealerKey), 'malformed'],
  ];
  it.each(refusals)('is refused with %s, even by a sealer who signs it', (_, wrong, code) => {
    expect(checkSealed(domain, wrong)).toMatchObject({ ok: false, refusal: { code } });
    expect(readTask(view, onTasks(wrong)).ok).toBe(false);
  });

  it('is refused on another chain or hub', () => {
    for (const elsewhere of [
      { ...domain, chainId: 1 },
      { ...domain, hub: `0x${'cd'.repeat(20)}` as const },
    ])
      expect(checkSealed(elsewhere, task)).toMatchObject({ ok: false, refusal: { code: 'forged' } });
  });

  function exampleOf(answer: Task['submissions'][number]): Task {
    return changed({ submissions: [answer] }, sealerKey);
  }
});

describe('sealableSet', () => {
  it('is none as long as the question is open, or if nobody answered', () => {
    const messages = answers.map((answer) => onBus(question, answer));
    expect(sealableSet(domain, question, standingOf(domain, question, messages))).toBeUndefined();
    const unanswered = standingOf(domain, question, [endMark(question, untilMs + 1)]);
    expect(sealableSet(domain, question, unanswered)).toBeUndefined();
  });
});

describe('a receipt', () => {
  const receiptOf = (answer: (typeof answers)[number], key = sealerKey): Receipt => {
    const { questionId } = question;
    const fields = {
      questionId,
      miner: answer.miner,
      answerDigest: signedAnswer(domain, questionId, answer).digest,
      receivedAtMs: 7,
    };
    return {
      ...fields,
      sealer: addressOf(key),
      signature: signDigest(signedReceipt(domain, fields).digest, key),
    };
  };
  const third = exampleAnswer(question, 3);

  it('is valid by its sealer only', () => {
    expect(isReceipt(domain, receiptOf(third))).toBe(true);
    expect(isReceipt(domain, { ...receiptOf(third), receivedAtMs: 8 })).toBe(false);
    expect(isReceipt(domain, { ...receiptOf(third, exampleKey(1)), sealer })).toBe(false);
  });

  it('proves with the sealed set that an answer was left out, and accuses nobody else', () => {
    expect(isLeftOut(domain, receiptOf(third), task)).toBe(true);
    for (const answer of answers) expect(isLeftOut(domain, receiptOf(answer), task)).toBe(false);
    expect(isLeftOut(domain, { ...receiptOf(third), receivedAtMs: 8 }, task)).toBe(false);
    expect(isLeftOut(domain, receiptOf(third, exampleKey(1)), task)).toBe(false);
    expect(isLeftOut(domain, receiptOf(third), exampleSealed(question, answers, exampleKey(1)))).toBe(false);
    const old = exampleQuestion({ reference: 'old' });
    expect(isLeftOut(domain, receiptOf(third), exampleSealed(old, [exampleAnswer(old, 1)]))).toBe(false);
  });
});
