/**
 * A question that miners answer one by one at two replicas of the gateway: four in time, one too late, a forged answer
 * and a replay of an old one. The replica that took the last answer dies before it can seal.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { sha256Hex, toHex, utf8 } from '@assay/protocol/encoding/bytes';
import { exampleKey } from '@assay/protocol/network/example-network';
import type { AnswerRequest, Receipt } from '@assay/protocol/question/answer';
import type { Question } from '@assay/protocol/question/question';
import { addressOf } from '@assay/protocol/signature/signature';
import type { SigningDomain } from '@assay/protocol/signature/typed-data';
import { tuning } from '@assay/protocol/tuning';
import { GatewayClient, GatewayError } from '@assay/sdk/gateway-client';
import { checkSeal, isReceiptFor, provesLeftOut, settlementOf, signAnswer } from '@assay/sdk/question';
import { expect } from 'vitest';
import { serviceNamed, type WatchedNetwork } from '../watched-network.ts';

/** At night the question is over after ten seconds; in `npm test` with its fourth answer, however slow the machine is. */
const endsByTime = process.env.TEST_SCOPE === 'whole';
const answersMs = endsByTime ? 10_000 : 60_000;
const inTime = 4;
const keyOf = (miner: number) => exampleKey(5_000 + miner);

/** The address of miner 1, 2, 3 … */
export const minerOf = (miner: number) => addressOf(keyOf(miner));

/** The miner whose answer does not fit its own commitment. */
export const liar = 3;

/** An answer of a miner, with a commitment that fits it unless the miner lies. */
function answerOf(domain: SigningDomain, { questionId }: Question, miner: number): AnswerRequest {
  const output = `Paris, says miner ${miner}.`;
  const commitment = `sha256:${sha256Hex(utf8(miner === liar ? 'Lyon' : output)).slice(2)}`;
  return signAnswer(domain, questionId, { output, commitment }, toHex(keyOf(miner)));
}

/** The code of a refusal. */
async function codeOf(answered: Promise<Receipt>): Promise<string> {
  const refused = await answered.then(
    () => undefined,
    (error: unknown) => error,
  );
  return refused instanceof GatewayError ? refused.code : 'none';
}

/** Asks; `offered` runs before anyone has answered. Resolves with the certified report of four answers. */
export async function judgeQuestion(network: WatchedNetwork, offered: (questionId: Question) => Promise<void>) {
  const { network: domain } = await network.gateway.readNetwork();
  const asked = {
    policy: 'checksum-only',
    prompt: 'What is the capital of France?',
    answersMax: endsByTime ? 32 : inTime,
  };
  const spec = { ...serviceNamed(network, 'gateway').spec, name: 'gateway-second' };
  const second = await network.start({ ...spec, environment: { ...spec.environment, HTTP_PORT: '0' } });
  const doors = [network.gateway, new GatewayClient(`http://127.0.0.1:${second.facts.httpPort}`)] as const;
  const old = await doors[0].ask({ ...asked, reference: 'asked earlier', answersUntilMs: Date.now() + 60_000 });
  const request = { ...asked, reference: 'asked first', answersUntilMs: Date.now() + answersMs };
  const question = await doors[0].ask(request);
  expect(await doors[1].ask(request)).toEqual(question);
  await offered(question);
  const receipts: Receipt[] = [];
  const hand = async (miner: number) => {
    const answer = answerOf(domain, question, miner);
    const receipt = await doors[miner % 2 === 0 ? 1 : 0].answer(question.questionId, answer);
    expect(isReceiptFor(domain, question.questionId, answer, receipt)).toBe(true);
    receipts.push(receipt);
    if (endsByTime) await pause(answersMs / 6);
  };
  for (let miner = 1; miner < inTime; miner++) await hand(miner);
  expect(
    await codeOf(doors[0].answer(question.questionId, { ...answerOf(domain, question, 6), miner: minerOf(5) })),
  ).toBe('forged');
  expect(await codeOf(doors[0].answer(question.questionId, answerOf(domain, old, 5)))).toBe('forged');
  expect(await doors[0].answer(question.questionId, answerOf(domain, question, 1))).toEqual(receipts[0]);
  await hand(inTime);
  await second.kill();
  const report = await within(network.gateway, question);
  expect(await codeOf(doors[0].answer(question.questionId, answerOf(domain, question, 5)))).toBe('question-closed');
  expect(settlementOf(report.task)?.questionId).toBe(question.questionId);
  expect(checkSeal(domain, report.task)).toMatchObject({ ok: true });
  for (const receipt of receipts) expect(provesLeftOut(domain, receipt, report.task)).toBe(false);
  return report;
}

async function within(gateway: GatewayClient, { questionId }: Question) {
  const report = await gateway.readReport(questionId, tuning.longPollMsMax);
  if (report === undefined) throw new Error(`Question ${questionId} has no report.`);
  return report;
}
