/** Writes and scores the bench's texts, and keeps each in a file as soon as it is there, so that a run can go on later. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { checkShape } from '@assay/protocol/encoding/decode';
import type { LanguageModel, ModelAnswer, ScoredToken } from '@assay/protocol/language-model/language-model';
import { packScores, unpackScores } from '@assay/protocol/language-model/packed-scores';
import { z } from 'zod';
import type { InferencePlan, TextKind } from './inference-plan.ts';

/** A text with its tokens as the claimed model scores them. */
export interface BenchText {
  readonly kind: string;
  readonly claimedAt: number;
  readonly index: number;
  readonly text: string;
  readonly tokens: readonly ScoredToken[];
}

const lineSchema = z.object({
  kind: z.string(),
  claimedAt: z.int(),
  index: z.int(),
  text: z.string(),
  scores: z.base64(),
});

/** The texts in a file, none if there is no file. */
export function readTexts(file: string): BenchText[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.flatMap((line) => {
    const checked = checkShape(lineSchema, JSON.parse(line));
    const tokens = checked.ok ? unpackScores(Buffer.from(checked.value.scores, 'base64')) : undefined;
    return checked.ok && tokens !== undefined ? [{ ...checked.value, tokens }] : [];
  });
}

/** More than a token has on average: a text of so many characters a token has at least that number of tokens. */
const charactersOfToken = 6;

/** What texts are written to. */
export interface BenchPrompt {
  readonly prompt: string;
  /** Honest answers of other models, as the tasks' file has them. */
  readonly answers: readonly string[];
}

/** The parts of a run. */
export interface WritingRun {
  readonly plan: InferencePlan;
  readonly models: ReadonlyMap<string, LanguageModel>;
  readonly claimed: LanguageModel;
  readonly prompts: readonly BenchPrompt[];
  readonly tokensMax: number;
  readonly file: string;
  readonly signal: AbortSignal;
}

/** Writes one text of a kind, scores it and keeps it. A model that does not answer makes it reject. */
export async function addText(run: WritingRun, kind: TextKind, index: number): Promise<void> {
  const { plan, claimed, prompts, tokensMax, file, signal } = run;
  const asked = prompts[index % prompts.length];
  if (asked === undefined) throw new Error('There are no prompts.');
  const written = await writtenText(run, kind, asked, index);
  const text = kind.isEdited ? edited(written) : written;
  const [scored] = await claimed.score([{ context: plan.before + asked.prompt + plan.after, text }], signal);
  if (scored === undefined) throw new Error('The model scored nothing.');
  const scores = Buffer.from(packScores(taken(scored).slice(0, tokensMax))).toString('base64');
  const { label, claimedAt } = kind;
  appendFileSync(file, `${JSON.stringify({ kind: label, claimedAt, index, text, scores })}\n`);
}

async function writtenText(run: WritingRun, kind: TextKind, { prompt, answers }: BenchPrompt, index: number) {
  const { plan, models, prompts, tokensMax, signal } = run;
  if (kind.writer === undefined) {
    const answer = answers[Math.floor(index / prompts.length) % answers.length];
    if (answer === undefined) throw new Error('The prompt has no honest answer.');
    return answer.slice(0, tokensMax * charactersOfToken);
  }
  const writer = models.get(kind.writer);
  if (writer === undefined) throw new Error(`The plan has no model "${kind.writer}".`);
  const before = kind.hasSystemPrompt ? plan.beforeWithSystem : plan.before;
  const context = before + prompt + plan.after;
  const request = { context, tokensMax, temperatureMilli: kind.writtenAt, seed: index };
  return taken(await writer.generate(request, signal)).text;
}

/** Every tenth word becomes the one that stands five places before it. */
function edited(text: string): string {
  const words = text.split(' ');
  return words.map((word, at) => (at % 10 === 9 ? (words[at - 5] ?? word) : word)).join(' ');
}

function taken<T>(answer: ModelAnswer<T>): T {
  if (!answer.ok) throw new Error(`A language model gave no usable answer: ${answer.fault}.`);
  return answer.value;
}
