/**
 * How each text of `fit.jsonl` is made from questions and answers of Arena-Hard. The recipe, `deploy/fit-recipe.jsonl`,
 * has a line for each task, in the order of the file:
 *
 *     {"task":"65406830980f4f28","submissions":[["honest",part,…],["injection",part,…],…]}
 *
 * A task is named by the first 16 characters of its question's uid; miners are numbered in order.
 */

/** Characters as they are, or a part of a question or an answer. A submission's parts are joined. */
export type Part = string | Taken;

/** A part of the task's question, or of a model's answer to it. */
export interface Taken {
  /** The question. */
  readonly prompt?: true;
  /** The model whose answer it is. */
  readonly answer?: string;
  /** The task that the answer is to; the submission's own if absent. */
  readonly of?: string;
  /** A slice: offsets in UTF-16 code units. */
  readonly start?: number;
  readonly end?: number;
  /** This number of first words, joined by spaces. */
  readonly words?: number;
  /** How often those follow each other. */
  readonly times?: number;
  /** All words in this order, joined by spaces. */
  readonly order?: readonly number[];
}

/** Questions and answers, by the short name of a task. Both throw for a name that they do not know. */
export interface Texts {
  readonly promptOf: (task: string) => string;
  readonly answerOf: (model: string, task: string) => string;
}

interface RecipeLine {
  readonly task: string;
  readonly submissions: readonly (readonly [label: string, ...parts: Part[]])[];
}

/** The text that some parts make. */
export function textOf(parts: readonly Part[], task: string, texts: Texts): string {
  return parts.map((part) => (typeof part === 'string' ? part : taken(part, task, texts))).join('');
}

function taken(part: Taken, task: string, texts: Texts): string {
  const whole = part.answer === undefined ? texts.promptOf(task) : texts.answerOf(part.answer, part.of ?? task);
  if (part.words === undefined && part.order === undefined) return whole.slice(part.start, part.end);
  const words = whole.split(/\s+/).filter((word) => word !== '');
  const chosen = part.order === undefined ? words.slice(0, part.words) : part.order.map((place) => words[place]);
  return Array.from({ length: part.times ?? 1 }, () => chosen.join(' ')).join(' ');
}

/** `fit.jsonl` as text: labelled tasks, one a line. */
export function fitTasks(recipe: string, texts: Texts): string {
  const tasks = linesOf<RecipeLine>(recipe).map(({ task, submissions }) => ({
    task,
    prompt: texts.promptOf(task),
    submissions: submissions.map(([label, ...parts], index) => ({
      miner: `miner-${index + 1}`,
      output: textOf(parts, task, texts),
      label,
    })),
  }));
  return jsonLines(tasks);
}

/** The texts of Arena-Hard v0.1, from its files as text: the questions', and each model's by its name. */
export function arenaHardTexts(questions: string, answers: ReadonlyMap<string, string>): Texts {
  const prompts = new Map(
    linesOf<{ uid: string; prompt: string }>(questions).map(({ uid, prompt }) => [shortName(uid), prompt]),
  );
  const byModel = new Map([...answers].map(([model, text]) => [model, answersIn(text)]));
  return {
    promptOf: (task) => known(prompts.get(task), `question ${task}`),
    answerOf: (model, task) => known(byModel.get(model)?.get(task), `answer of ${model} to ${task}`),
  };
}

function answersIn(text: string): ReadonlyMap<string, string> {
  const lines = linesOf<{ uid: string; messages: readonly [unknown, { content: { answer: string } }] }>(text);
  return new Map(lines.map(({ uid, messages: [, { content }] }) => [shortName(uid), content.answer]));
}

/** JSON values as text, one a line. */
export function jsonLines(values: readonly object[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('');
}

/** The files are known by digest, so their lines are what `Line` says. */
function linesOf<Line>(text: string): Line[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

function shortName(uid: string): string {
  return uid.slice(0, 16);
}

function known(text: string | undefined, name: string): string {
  if (text === undefined) throw new Error(`The sources have no ${name}.`);
  return text;
}
