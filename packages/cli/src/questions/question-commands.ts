/** `assay question`: asks, answers, and shows how a question stands. */
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { readSecretFile } from '@assay/adapters/keys/key-file';
import { type Hex, sha256Hex, utf8 } from '@assay/protocol/encoding/bytes';
import { checkShape } from '@assay/protocol/encoding/decode';
import { type Receipt, receiptSchema } from '@assay/protocol/question/answer';
import { GatewayError } from '@assay/sdk/gateway-client';
import { checkSeal, isReceiptFor, provesLeftOut, settlementOf, signAnswer } from '@assay/sdk/question';
import { UsageError } from '../commands/usage-error.ts';
import { gatewayAt } from '../network/connection.ts';
import { readConnection } from '../network/network-file.ts';
import { print, tableOf } from '../output/terminal.ts';

/** How every `question` command reaches its gateway, and prints. */
export interface QuestionOptions {
  readonly gateway?: string;
  readonly json: boolean;
}

/** Options of `question ask`. */
export interface AskOptions extends QuestionOptions {
  readonly reference: string;
  readonly policy: string;
  readonly seconds: number;
  readonly until?: string;
  readonly answers: number;
}

/** Options of `question answer`. */
export interface AnswerOptions extends QuestionOptions {
  readonly keyFile: string;
  readonly commit: boolean;
  readonly modelDigest?: string;
}

/** Options of `question show`. */
export interface ShowOptions extends QuestionOptions {
  readonly receipt?: string;
}

/** Asks a question and prints it. Returns the exit code. */
export async function askCommand(prompt: string, options: AskOptions): Promise<number> {
  const { reference, policy, seconds, until, answers } = options;
  const answersUntilMs = until === undefined ? Date.now() + 1_000 * seconds : Date.parse(until);
  if (Number.isNaN(answersUntilMs)) throw new UsageError(`--until ${until} is no time: write 2026-11-29T12:00:00Z.`);
  const gateway = gatewayAt(await gatewayUrlOf(options));
  const asked = prompt === '-' ? await text(process.stdin) : prompt;
  const question = await gateway.ask({ reference, policy, prompt: asked, answersUntilMs, answersMax: answers });
  if (options.json) print(JSON.stringify(question));
  else
    printRows({
      question: question.questionId,
      until: new Date(answersUntilMs).toISOString(),
      answers: `${answers} at most`,
      sealer: question.question.sealer,
    });
  return 0;
}

/** Signs an answer, hands it in and prints the receipt. Returns the exit code. */
export async function answerCommand(questionId: Hex, file: string, options: AnswerOptions): Promise<number> {
  const output = await textOf(file);
  const key = readSecretFile(options.keyFile);
  if (!/^0x[0-9a-fA-F]{64}$/.test(key))
    throw new UsageError(`${options.keyFile} holds no key: 0x and 64 hexadecimal digits.`);
  const gateway = gatewayAt(await gatewayUrlOf(options));
  const { network } = await gateway.readNetwork();
  const commitment = options.commit ? { commitment: `sha256:${sha256Hex(utf8(output)).slice(2)}` } : {};
  const model = options.modelDigest === undefined ? {} : { modelDigest: options.modelDigest.toLowerCase() as Hex };
  const answer = signAnswer(network, questionId, { output, ...commitment, ...model }, key.toLowerCase() as Hex);
  const receipt = await gateway.answer(questionId, answer);
  if (!isReceiptFor(network, questionId, answer, receipt))
    throw new Error('The gateway answered with a receipt that its sealer did not sign for this answer.');
  if (options.json) print(JSON.stringify(receipt));
  else
    printRows({
      miner: receipt.miner,
      received: new Date(receipt.receivedAtMs).toISOString(),
      sealer: receipt.sealer,
      signature: receipt.signature,
    });
  return 0;
}

/** Prints how a question stands. Returns the exit code: 1 if the sealer lies. */
export async function showCommand(questionId: Hex, options: ShowOptions): Promise<number> {
  const receipt = options.receipt === undefined ? undefined : await receiptIn(options.receipt);
  const gateway = gatewayAt(await gatewayUrlOf(options));
  const state = await gateway.readTask(questionId).catch((error: unknown) => {
    if (error instanceof GatewayError && error.code === 'not-found') throw new UsageError(error.message);
    throw error;
  });
  if ('question' in state) {
    if (options.json) print(JSON.stringify(state));
    else
      printRows({
        status: state.status,
        answers: String(state.answers),
        until: new Date(state.question.question.answersUntilMs).toISOString(),
        prompt: typeof state.prompt === 'string' ? state.prompt : '(sealed)',
      });
    return 0;
  }
  const { network } = await gateway.readNetwork();
  const { task, status } = state;
  const settlement = settlementOf(task);
  const seal = checkSeal(network, task);
  const fault =
    settlement?.questionId !== questionId
      ? 'the gateway answered with the task of another question'
      : !seal.ok
        ? `${seal.refusal.code}: ${seal.refusal.detail}`
        : receipt !== undefined && provesLeftOut(network, receipt, task)
          ? `the answer of ${receipt.miner} was left out: keep the receipt and this task as the proof`
          : undefined;
  if (options.json) print(JSON.stringify({ status, ...settlement, ...(fault && { fault }), task }));
  else
    printRows({
      status,
      task: task.taskId,
      submissions: `${task.submissions.length}, digest ${settlement?.submissionsDigest}`,
      seal: fault ?? `by ${task.question?.sealer}`,
    });
  return fault === undefined ? 0 : 1;
}

async function gatewayUrlOf({ gateway }: QuestionOptions): Promise<string> {
  const url = gateway ?? (await readConnection(process.cwd()))?.gatewayUrl;
  if (url !== undefined) return url;
  throw new UsageError('No network runs from this folder: give --gateway <url>, or start one with "assay up".');
}

async function textOf(file: string): Promise<string> {
  if (file === '-') return text(process.stdin);
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new UsageError(`${file} cannot be read.`, { cause });
  }
}

async function receiptIn(file: string): Promise<Receipt> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new UsageError(`${file} is not valid JSON.`, { cause });
  }
  const checked = checkShape(receiptSchema, value);
  if (checked.ok) return checked.value;
  throw new UsageError(`${file} holds no receipt: ${checked.refusal.detail}`);
}

function printRows(rows: Readonly<Record<string, string>>): void {
  for (const line of tableOf(Object.entries(rows))) print(line);
}
