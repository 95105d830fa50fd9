/** The operations of the API, for the OpenAPI document. */
import { limits } from '@assay/protocol/limits';
import { tuning } from '@assay/protocol/tuning';
import { paths } from '../api.ts';
import { keyOperations } from './key-operations.ts';
import { malformed, type Operation } from './schemas.ts';

const waitMs = { description: 'How long to wait for an answer, in milliseconds.', maximum: tuning.longPollMsMax };
const evidence = {
  description: '1: add what operators state behind their observations, signed. Where the explorer is on.',
  maximum: 1,
};
const words = {
  description: '1: add the words that decided each verdict other than accept. Where the explorer is on.',
  maximum: 1,
};
const tooManyWaiting = 'Too many clients wait: `too-many-waiting`. Try again after `retry-after` seconds.';

/** Every operation. */
export const operations: readonly Operation[] = [
  {
    method: 'POST',
    path: paths.tasks,
    operationId: 'submitTask',
    needs: 'submit',
    summary: 'Submits a task: a prompt and the answers to judge; or its question first, without answers.',
    body: 'TaskOrQuestion',
    answer: {
      status: 202,
      schema: 'AcceptedTaskOrQuestion',
      description: 'The task, or the question, is published. A question that was asked before is answered the same.',
    },
    refusals: {
      404: 'The request asks a question, and this gateway takes none: `not-found`.',
      400: 'A field is missing or wrong: `malformed`; or a signature is not the miner’s: `forged`.',
      409: 'The same task was submitted before: `duplicate-task`. `taskId` is its id.',
      413: 'The request or one of its texts is too long: `too-long`.',
      422: 'The policy does not take this task: `unknown-policy`, `wrong-payload`, `signature-required`, `commitment-required`.',
      429: 'Too many requests, or too much content: `too-many-requests`, `too-much-content`. `retry-after` has seconds.',
      503: 'The content store is full, or too many questions are open: `content-store-full`, `too-many-questions`. Try again after `retry-after` seconds.',
    },
  },
  {
    method: 'POST',
    path: paths.submissions,
    operationId: 'answerQuestion',
    needs: 'submit',
    summary: 'Answers a question: one submission, signed by its miner for this question.',
    body: 'SignedSubmission',
    answer: {
      status: 202,
      schema: 'Receipt',
      description: 'The sealer’s receipt. A repeated answer gets the same receipt.',
    },
    refusals: {
      400: 'A field is missing or wrong: `malformed`; or the signature is not the miner’s for this question: `forged`.',
      404: 'There is no such question, or this gateway takes none: `not-found`.',
      409: 'The question takes no more answers: `question-closed`; the miner gave another answer: `answered-already`; or another gateway seals the question: `other-sealer`.',
      413: 'The request or its output is too long: `too-long`.',
      422: 'The policy does not take this answer: `unknown-policy`, `wrong-payload`, `commitment-required`.',
      429: 'Too many requests, or too much content: `too-many-requests`, `too-much-content`. `retry-after` has seconds.',
      503: 'The content store is full: `content-store-full`. Try again after `retry-after` seconds.',
    },
  },
  {
    method: 'GET',
    path: paths.task,
    operationId: 'readTask',
    needs: 'read',
    summary: 'Reads a task as published, and whether its report is certified; or the state of a question.',
    answer: {
      status: 200,
      schema: 'TaskOrQuestionAnswer',
      description: 'The task, or the question that has none yet.',
    },
    refusals: { 400: malformed, 404: 'There is no such task: `not-found`.' },
  },
  {
    method: 'GET',
    path: paths.tasks,
    operationId: 'listTasks',
    needs: 'read',
    summary: 'Lists the newest tasks, decided or not. Where the explorer is on.',
    query: {
      limit: { description: 'How many tasks; 0: 50.', maximum: limits.tasksListedMax },
      before: { description: 'Only tasks before this position; 0: the newest.', maximum: Number.MAX_SAFE_INTEGER },
    },
    answer: { status: 200, schema: 'TasksAnswer', description: 'The tasks; `before` asks for the next page.' },
    refusals: { 400: malformed, 404: 'This gateway has no explorer: `not-found`.' },
  },
  {
    method: 'GET',
    path: paths.standing,
    operationId: 'readStanding',
    needs: 'read',
    summary: 'Reads what the newest reports say of operators and miners. Where the explorer is on.',
    answer: { status: 200, schema: 'StandingAnswer', description: 'Operators and miners; not proven.' },
    refusals: { 404: 'This gateway has no explorer: `not-found`.' },
  },
  {
    method: 'GET',
    path: paths.content,
    operationId: 'readContent',
    needs: 'read',
    summary: 'Reads prompt and outputs of a task with public content. Where the explorer is on.',
    answer: { status: 200, schema: 'TaskContent', description: 'The content, checked against its CIDs.' },
    refusals: {
      400: malformed,
      404: 'There is no such task, or no explorer: `not-found`.',
      422: 'The content is sealed: `wrong-payload`.',
    },
  },
  {
    method: 'DELETE',
    path: paths.content,
    operationId: 'deleteContent',
    needs: 'key',
    summary:
      'Deletes prompt and outputs of a task, and what quotes them, for good. For the key that handed it in, or `admin`.',
    answer: {
      status: 200,
      schema: 'DeletedContent',
      description:
        'The content is deleted, now or before. A task that is not decided yet abstains where it was not read.',
    },
    refusals: {
      400: malformed,
      403: 'Another key handed the task in, and this one has not the scope `admin`: `out-of-scope`.',
      404: 'There is no such task, or the gateway asks for no API keys: `not-found`.',
      409: 'The question still takes answers: `question-open`.',
    },
  },
  {
    method: 'GET',
    path: paths.explanation,
    operationId: 'explainTask',
    needs: 'read',
    summary: 'Explains the verdicts of a certified report: reasons in words, and what each operator observed.',
    query: { words, evidence },
    answer: {
      status: 200,
      schema: 'Explanation',
      description:
        'The explanation. It follows from the report; the words that decided follow from the content. Evidence is the word of each operator.',
    },
    refusals: {
      400: malformed,
      404: 'The report is not published yet: `pending`; or there is no such task: `not-found`; with `words`, the prompt is no longer stored: `content-missing`.',
      422: 'The report is of an earlier epoch with another policy: `unknown-policy`; with `words`, the content is sealed: `wrong-payload`, or too long: `content-too-long`.',
      503: 'Too many clients wait for words: `too-many-waiting`. `retry-after` has seconds.',
    },
  },
  {
    method: 'GET',
    path: paths.report,
    operationId: 'readReport',
    needs: 'read',
    summary: 'Reads the certified report of a task, with its inclusion proof.',
    query: { waitMs },
    answer: { status: 200, schema: 'CertifiedReport', description: 'The report. Prove it against the chain.' },
    refusals: {
      400: malformed,
      404: 'The report is not published yet: `pending`; nobody answered the question: `unanswered`; or there is no such task: `not-found`.',
      503: tooManyWaiting,
    },
  },
  {
    method: 'GET',
    path: paths.network,
    operationId: 'readNetwork',
    summary: 'Reads chain, contracts, epoch, validator set and policies.',
    answer: { status: 200, schema: 'NetworkAnswer', description: 'The network that this gateway serves.' },
    refusals: {},
  },
  {
    method: 'POST',
    path: paths.sessionMessages,
    operationId: 'leaveSessionMessage',
    needs: 'submit',
    summary: 'Publishes a signed message of a session agreement.',
    body: 'SessionMessage',
    answer: { status: 202, schema: 'StoredMessage', description: 'The message is published.' },
    refusals: { 400: malformed, 413: 'The message is too long: `too-long`.' },
  },
  {
    method: 'GET',
    path: paths.sessionMessages,
    operationId: 'readSessionMessages',
    needs: 'read',
    summary: 'Reads the messages of a session after a sequence.',
    query: { after: { description: 'The last sequence already read.', maximum: Number.MAX_SAFE_INTEGER }, waitMs },
    answer: { status: 200, schema: 'SessionMessages', description: 'The messages; `after` is the next `after`.' },
    refusals: { 400: malformed, 503: tooManyWaiting },
  },
  {
    method: 'GET',
    path: paths.problem,
    operationId: 'describeProblem',
    summary: 'Says what the code of a problem means: the `type` of a problem is the path of this.',
    answer: { status: 200, schema: 'ProblemKind', description: 'The kind of problem.' },
    refusals: { 400: 'There is no such code: `malformed`.' },
  },
  ...keyOperations,
];
