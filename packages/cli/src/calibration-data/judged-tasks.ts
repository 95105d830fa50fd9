/** `factual-dev.jsonl`: short questions whose answers people judged, from EVOUNA-NQ (arXiv 2305.12421). */
import { createHash } from 'node:crypto';
import { jsonLines } from './recipe.ts';

const systems = ['fid', 'gpt35', 'chatgpt', 'gpt4', 'newbing'] as const;
type System = (typeof systems)[number];

type Row = { readonly question: string; readonly improper: boolean } & {
  readonly [name in `answer_${System}`]: string | null;
} & { readonly [name in `judge_${System}`]: boolean | null };

const tasksMax = 1_000;
/** Most answers are right in every task: agreement with wrong ones teaches nothing. */
const rightMin = 3;

/**
 * The labelled tasks as text, one a line. `source` is `NQ.json` as text. Taken are the first thousand proper questions,
 * in the order of their SHA-256, whose answers are all judged and at least three of five right.
 */
export function judgedTasks(source: string): string {
  const tasks = (JSON.parse(source) as readonly Row[])
    .filter((row) => !row.improper && systems.every((system) => isJudged(row, system)))
    .filter((row) => systems.filter((system) => row[`judge_${system}`]).length >= rightMin)
    .map(taskOf)
    .sort((one, other) => (one.task < other.task ? -1 : 1));
  return jsonLines(tasks.slice(0, tasksMax));
}

function isJudged(row: Row, system: System): boolean {
  return row[`judge_${system}`] !== null && Boolean(row[`answer_${system}`]?.trim());
}

function taskOf(row: Row) {
  return {
    task: createHash('sha256').update(row.question).digest('hex').slice(0, 16),
    prompt: row.question,
    submissions: systems.map((system) => ({
      miner: `miner-${system}`,
      output: row[`answer_${system}`]?.trim(),
      label: row[`judge_${system}`] ? 'honest' : 'wrong_answer',
    })),
  };
}
