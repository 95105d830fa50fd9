import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Hex } from '../encoding/bytes.ts';
import { sealToSign } from '../signature/typed-data.ts';
import { idOfSealed, type QuestionBody, questionIdOf, submissionsDigest, taskIdOf } from '../task/task.ts';
import { type Answer, isReceipt, type Receipt, signedAnswer } from './answer.ts';
import { checkSealed } from './seal.ts';

interface Vector {
  readonly chainId: number;
  readonly hub: Hex;
  readonly question: QuestionBody;
  readonly questionId: Hex;
  readonly submissions: Answer[];
  readonly answerDigests: Hex[];
  readonly submissionsDigest: Hex;
  readonly taskId: Hex;
  readonly sealDigest: Hex;
  readonly seal: Hex;
  readonly receipt: Receipt;
}

describe('test/vectors/question.json, as contracts compute it', () => {
  const vector: Vector = JSON.parse(
    readFileSync(new URL('../../../../test/vectors/question.json', import.meta.url), 'utf8'),
  );
  const { question, questionId, submissions } = vector;
  const domain = { chainId: vector.chainId, hub: vector.hub };

  it('ids and digests', () => {
    expect(questionIdOf(question)).toBe(questionId);
    expect(submissionsDigest(submissions)).toBe(vector.submissionsDigest);
    expect(idOfSealed(questionId, vector.submissionsDigest)).toBe(vector.taskId);
    expect(submissions.map((one) => signedAnswer(domain, questionId, one).digest)).toEqual(vector.answerDigests);
    const sealed = { questionId, submissionsDigest: vector.submissionsDigest };
    expect(sealToSign(domain, sealed).digest).toBe(vector.sealDigest);
  });

  it('a wallet’s seal, answers and receipt', () => {
    const body = { ...question, submissions, question: { ...question.question, seal: vector.seal } };
    const task = { ...body, taskId: taskIdOf(body) };
    expect(task.taskId).toBe(vector.taskId);
    expect(checkSealed(domain, task)).toMatchObject({ ok: true });
    expect(isReceipt(domain, vector.receipt)).toBe(true);
  });
});
