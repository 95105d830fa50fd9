import { systemClock } from '@assay/adapters/process/system-clock';
import { subjects } from '@assay/protocol/bus/subjects';
import { utf8 } from '@assay/protocol/encoding/bytes';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import type { Bus } from '@assay/protocol/ports';
import { isReceipt, type Receipt } from '@assay/protocol/question/answer';
import { questionSchema } from '@assay/protocol/question/question';
import { checkSealed, isLeftOut } from '@assay/protocol/question/seal';
import type { Task } from '@assay/protocol/task/task';
import { decodeTaskMessage } from '@assay/protocol/task/task-message';
import { tuning } from '@assay/protocol/tuning';
import { describe, expect, it } from 'vitest';
import { requestOf, sealerOfTests, testGateway } from '../gateway.fixture.ts';
import type { Gateway } from '../gateway.ts';
import { readReport, readTask } from '../network-answers.ts';
import { askQuestion } from './ask-question.ts';
import { keepQuestions } from './question-keeper.ts';
import { answer, answerOf, ask, gatewayAt, lookAndSeal, messagesOf, replicaOf, untilMs } from './questions.fixture.ts';

const tasksOn = async (gateway: Gateway): Promise<Task[]> =>
  (await messagesOf(gateway, 'TASKS', subjects.tasks)).map(({ data }) => {
    const decoded = decodeTaskMessage(data);
    if (!decoded.ok) throw new Error(decoded.refusal.detail);
    return decoded.value.task;
  });
const outputs = (task: Task | undefined) => task?.submissions.map(({ miner }) => miner).toSorted();
const at = (id: string, query = {}) => requestOf({ params: { taskId: id }, query });

describe('askQuestion', () => {
  const code = async (gateway: Gateway, over: object) => {
    const body = { reference: 'q', prompt: 'p', answersUntilMs: untilMs, ...over };
    const response = await askQuestion(gateway, requestOf({ body }));
    return (response.body as { code?: string }).code ?? response.status;
  };

  it('gives the id at once, the same one for the same question, even when its time is over', async () => {
    const { gateway, setTime } = gatewayAt();
    const question = await ask(gateway);
    expect(questionSchema.parse(question)).toEqual(question);
    expect(question.question.sealer).toBe(sealerOfTests.address);
    expect(await ask(replicaOf(gateway))).toEqual(question);
    setTime(untilMs + 1);
    expect(await ask(gateway)).toEqual(question);
    expect(await messagesOf(gateway, 'QUESTIONS', subjects.questions)).toHaveLength(1);
    expect(await tasksOn(gateway)).toEqual([]);
  });

  it('refuses what no network can judge, and more than it can keep', async () => {
    const { gateway } = gatewayAt();
    expect(await code(gateway, { answersUntilMs: 1_000 })).toBe('malformed');
    expect(await code(gateway, { answersUntilMs: 1_001 + tuning.questionMsMax })).toBe('malformed');
    expect(await code(gateway, { answersMax: 33 })).toBe('malformed');
    expect(await code(gateway, { policy: 'unheard-of' })).toBe('unknown-policy');
    expect(await code(gateway, { policy: 'sealed' })).toBe('wrong-payload');
    expect(await code(gateway, { prompt: 'x'.repeat(1_000_000) })).toBe('too-long');
    expect(await code({ ...gateway, sealer: undefined }, {})).toBe('not-found');
    const full = Object.create(gateway.questions, { open: { value: tuning.openQuestionsMax } });
    expect(await code({ ...gateway, questions: full }, {})).toBe('too-many-questions');
    expect(await messagesOf(gateway, 'QUESTIONS', subjects.questions)).toEqual([]);
  });
});

describe('answerQuestion', () => {
  it('gives a receipt by the sealer, and the same one for the same answer', async () => {
    const { gateway, setTime } = gatewayAt();
    const question = await ask(gateway);
    const given = answerOf(gateway, question, 1);
    const receipt = (await answer(gateway, question, given)) as Receipt;
    expect(receipt).toMatchObject({ questionId: question.questionId, miner: given.miner, receivedAtMs: 1_000 });
    expect(isReceipt(gateway.view().network, receipt)).toBe(true);
    setTime(2_000);
    expect(await answer(replicaOf(gateway), question, given)).toEqual(receipt);
    expect(await messagesOf(gateway, 'ANSWERS', subjects.answers)).toHaveLength(1);
  });

  it('refuses each other answer with its reason, and stores nothing of it', async () => {
    const { gateway, setTime } = gatewayAt();
    const question = await ask(gateway);
    const old = await ask(gateway, { reference: 'old' });
    const committed = await ask(gateway, { policy: 'committed' });
    await answer(gateway, question, answerOf(gateway, question, 1));
    const [own, other] = [answerOf(gateway, question, 2), answerOf(gateway, question, 3)];
    expect(await answer(gateway, question, answerOf(gateway, question, 1, 'Lyon'))).toBe('answered-already');
    expect(await answer(gateway, question, { ...own, signature: other.signature })).toBe('forged');
    expect(await answer(gateway, question, { ...own, output: 'Lyon' })).toBe('forged');
    expect(await answer(gateway, question, answerOf(gateway, old, 2))).toBe('forged');
    expect(await answer(gateway, question, { ...own, miner: 'a-name' })).toBe('malformed');
    expect(await answer(gateway, question, { ...own, output: { sealed: 'AAAA' } })).toBe('wrong-payload');
    expect(await answer(gateway, question, { ...own, output: 'x'.repeat(1_000_000) })).toBe('too-long');
    expect(await answer(gateway, committed, answerOf(gateway, committed, 2))).toBe('commitment-required');
    expect(await answer({ ...gateway, sealer: undefined }, question, own)).toBe('not-found');
    const elsewhere = { ...gateway, sealer: { ...sealerOfTests, address: `0x${'01'.repeat(20)}` as const } };
    expect(await answer(elsewhere, question, own)).toBe('other-sealer');
    setTime(untilMs + 1);
    expect(await answer(gateway, question, own)).toBe('question-closed');
    expect(await messagesOf(gateway, 'ANSWERS', subjects.answers)).toHaveLength(1);
  });

  it('decides by the time of the bus where the gateway’s clock is behind, and on the last of many at once', async () => {
    const { gateway, setTime } = gatewayAt();
    const question = await ask(gateway);
    const slow = { ...gateway, clock: { ...gateway.clock, nowMs: () => 5 } };
    setTime(untilMs + 1);
    expect(await answer(slow, question, answerOf(gateway, question, 1))).toBe('question-closed');
    setTime(2_000);
    const miners = [2, 3, 4, 5, 6];
    const all = await Promise.all(
      miners.map((miner) => answer(replicaOf(gateway), question, answerOf(gateway, question, miner))),
    );
    expect(all.filter((one) => one === 'question-closed')).toHaveLength(2);
    await lookAndSeal(gateway);
    const [task] = await tasksOn(gateway);
    expect(outputs(task)).toEqual(all.flatMap((one) => (typeof one === 'string' ? [] : [one.miner])).toSorted());
  });
});

describe('sealing', () => {
  it('at the time: whoever has a receipt is in the set, ascending, and the seal is the sealer’s', async () => {
    const { gateway, setTime } = gatewayAt();
    const question = await ask(gateway);
    const receipts = [];
    for (const miner of [2, 1]) receipts.push(await answer(gateway, question, answerOf(gateway, question, miner)));
    await lookAndSeal(gateway);
    expect(await tasksOn(gateway)).toEqual([]);
    setTime(untilMs + 1);
    await lookAndSeal(gateway);
    const [task] = await tasksOn(gateway);
    if (task === undefined) throw new Error('There is no task.');
    const { network } = gateway.view();
    expect(checkSealed(network, task)).toMatchObject({ ok: true });
    expect(task.submissions).toHaveLength(2);
    for (const receipt of receipts) expect(isLeftOut(network, receipt as Receipt, task)).toBe(false);
    expect(await answer(gateway, question, answerOf(gateway, question, 3))).toBe('question-closed');
    expect((await answer(gateway, question, answerOf(gateway, question, 2))) as Receipt).toEqual(receipts[0]);
  });

  it('by two replicas at once: one task', async () => {
    const { gateway } = gatewayAt();
    const question = await ask(gateway);
    for (const miner of [1, 2, 3]) await answer(gateway, question, answerOf(gateway, question, miner));
    const replicas = [gateway, replicaOf(gateway), replicaOf(gateway)];
    await Promise.all(replicas.map(lookAndSeal));
    const [task, ...more] = await tasksOn(gateway);
    expect(more).toEqual([]);
    for (const replica of replicas)
      expect(replica.questions.find(question.questionId)).toEqual({
        questionId: question.questionId,
        taskId: task?.taskId,
      });
    expect(await messagesOf(gateway, 'QUESTIONS', subjects.questions)).toHaveLength(2);
  });

  const crashes = [1, 2, 3].flatMap((step) => [
    [`before its message ${step}`, step, false] as const,
    [`after its message ${step}, before it knows`, step, true] as const,
  ]);
  it.each(crashes)('a replica that dies %s is followed by another: one task, nothing lost', async (_, step, isSent) => {
    const { gateway, setTime } = gatewayAt();
    const question = await ask(gateway);
    for (const miner of [1, 2]) await answer(gateway, question, answerOf(gateway, question, miner));
    setTime(untilMs + 1);
    let published = 0;
    const publish: Bus['publish'] = async (...all) => {
      published++;
      if (published > step || (published === step && !isSent)) throw new Error('dead');
      const done = await gateway.bus.publish(...all);
      if (published === step) throw new Error('dead');
      return done;
    };
    await lookAndSeal({ ...replicaOf(gateway), bus: { ...gateway.bus, publish } });
    await lookAndSeal(replicaOf(gateway));
    const [task, ...more] = await tasksOn(gateway);
    expect([task?.submissions.length, more]).toEqual([2, []]);
    expect(await messagesOf(gateway, 'QUESTIONS', subjects.questions)).toHaveLength(2);
  });

  it('waits for the time of the bus where the gateway’s clock is ahead', async () => {
    const { gateway, setTime } = gatewayAt();
    const question = await ask(gateway);
    await answer(gateway, question, answerOf(gateway, question, 1));
    const ahead = { ...gateway, clock: { ...gateway.clock, nowMs: () => untilMs + 500 } };
    await lookAndSeal(ahead);
    expect(await tasksOn(gateway)).toEqual([]);
    await answer(gateway, question, answerOf(gateway, question, 2));
    setTime(untilMs + 500 + tuning.retryDelayMs);
    await lookAndSeal(gateway);
    expect((await tasksOn(gateway)).map((task) => task.submissions.length)).toEqual([2]);
  });

  it('with a flood of marks and answers on the bus, ends at the bound, the same for everyone', async () => {
    const { gateway, setTime } = gatewayAt();
    const question = await ask(gateway);
    const given = answerOf(gateway, question, 1);
    await answer(gateway, question, given);
    for (let index = 0; index < 400; index++)
      await gateway.bus.publish(subjects.answersEnd(question.questionId), encodeMessage({ index }));
    await answer(gateway, question, answerOf(gateway, question, 2));
    setTime(untilMs + 1);
    await Promise.all([lookAndSeal(gateway), lookAndSeal(replicaOf(gateway))]);
    expect((await tasksOn(gateway)).map(outputs)).toEqual([[given.miner]]);
  });

  it('of the keepers of two replicas: as soon as it is full, without waiting for the time', async () => {
    const { gateway } = testGateway({ clock: systemClock });
    const stop = new AbortController();
    const replicas = [gateway, replicaOf(gateway)];
    const keepers = replicas.map((one) => keepQuestions({ ...one, book: one.questions }, stop.signal));
    const question = await ask(gateway, { answersUntilMs: Date.now() + 3_600_000, answersMax: 1 });
    const sealed = gateway.bus.follow(
      'QUESTIONS',
      { filterSubject: subjects.sealed(question.questionId) },
      stop.signal,
    );
    await answer(gateway, question, answerOf(gateway, question, 1));
    for await (const _ of sealed) break;
    expect(await tasksOn(gateway)).toHaveLength(1);
    stop.abort();
    await Promise.all(keepers);
  });
});

describe('a question by its id', () => {
  it('shows how it stands and its prompt, and then its task', async () => {
    const { gateway, setTime } = gatewayAt();
    const question = await ask(gateway);
    await answer(gateway, question, answerOf(gateway, question, 1));
    const read = async () => (await readTask(gateway, at(question.questionId))).body;
    expect(await read()).toEqual({ status: 'open', question, answers: 1, prompt: 'What is the capital of France?' });
    setTime(untilMs + 1);
    await lookAndSeal(gateway);
    const [task] = await tasksOn(gateway);
    expect(await read()).toEqual({ status: 'pending', task });
    expect(
      await gateway.contentStore.get(task?.submissions[0]?.cid ?? '', { kind: 'question', id: question.questionId }),
    ).toEqual(utf8('Paris, 1'));
  });

  it('stands for the report of its task, however early one waits', async () => {
    const { gateway } = testGateway({ clock: systemClock });
    const question = await ask(gateway, { answersUntilMs: Date.now() + 60_000, answersMax: 1 });
    const stop = new AbortController();
    const running = Promise.all([
      keepQuestions({ ...gateway, book: gateway.questions }, stop.signal),
      gateway.watches.questions.run(stop.signal),
      gateway.watches.reports.run(stop.signal),
    ]);
    await lookAndSeal(gateway);
    const waiting = readReport(gateway, at(question.questionId, { waitMs: '20000' }));
    await answer(gateway, question, answerOf(gateway, question, 1));
    for await (const { data } of gateway.bus.follow('TASKS', {}, stop.signal)) {
      const { taskId } = JSON.parse(new TextDecoder().decode(data));
      await gateway.bus.publish(subjects.report(taskId), encodeMessage({ report: taskId }));
      expect((await waiting).body).toEqual({ report: taskId });
      break;
    }
    stop.abort();
    await running;
  });

  it('says when nobody answered, and judges nothing', async () => {
    const { gateway, setTime } = gatewayAt();
    const question = await ask(gateway);
    const pending = await readReport(gateway, at(question.questionId));
    expect(pending).toMatchObject({ status: 404 });
    setTime(untilMs + 1);
    await lookAndSeal(gateway);
    expect(await tasksOn(gateway)).toEqual([]);
    expect((await readTask(gateway, at(question.questionId))).body).toMatchObject({ status: 'unanswered', answers: 0 });
    expect((await readReport(gateway, at(question.questionId))).body).toMatchObject({ code: 'unanswered' });
  });
});
