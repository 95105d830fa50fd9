/** What the bench of the role `inference` is run on: endpoints, the chat template, and the kinds of texts. */
import { readFileSync } from 'node:fs';
import { connectEndpointModel } from '@assay/adapters/language-model/endpoint-model';
import { loadCausalModel } from '@assay/adapters/model/causal-model';
import { localLanguageModel } from '@assay/adapters/model/local-language-model';
import { systemClock } from '@assay/adapters/process/system-clock';
import { UsageError } from '@assay/cli/commands/usage-error';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { checkShape } from '@assay/protocol/encoding/decode';
import type { LanguageModel, ScoreRequest } from '@assay/protocol/language-model/language-model';
import { z } from 'zod';

const endpointSchema = z.strictObject({ url: z.url(), model: z.string().min(1).max(128) });
/** A folder that `setup/language-model/export-onnx.mjs` wrote; the bench runs the model in its own process. */
const folderSchema = z.strictObject({ folder: z.string().min(1) });
const label = z.string().min(1).max(64);

const planSchema = z.strictObject({
  /** What stands before and after a prompt in the model's chat template. */
  before: z.string(),
  after: z.string(),
  /** The same before a prompt with a system prompt of a miner's own. */
  beforeWithSystem: z.string(),
  /** The model that tasks name. */
  claimed: z.union([endpointSchema, folderSchema]),
  /** Other models that a miner might run instead. */
  others: z.array(z.union([endpointSchema.extend({ label }), folderSchema.extend({ label })])).max(16),
});

/** A plan, as its file has it. */
export type InferencePlan = z.infer<typeof planSchema>;

/** Reads a plan. Throws {@link UsageError} that names the wrong field. */
export function readPlan(file: string): InferencePlan {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new UsageError(`${file} cannot be read as JSON.`, { cause });
  }
  const checked = checkShape(planSchema, value);
  if (!checked.ok) throw new UsageError(`${file}: ${checked.refusal.detail}`);
  return checked.value;
}

/** How texts are written: by which model, from which prompt, at which temperature. */
export interface TextKind {
  readonly label: string;
  /** A model of the plan; undefined for honest answers of the prompts' file, which models of other families wrote. */
  readonly writer: string | undefined;
  readonly hasSystemPrompt: boolean;
  /** Thousandths. */
  readonly writtenAt: number;
  /** The temperature that the task names. */
  readonly claimedAt: number;
  /** Whether a tenth of the words is replaced afterwards. */
  readonly isEdited: boolean;
}

/** The label of honest texts. */
export const honestKind = 'claimed weights';
const claimedWriter = 'claimed';

/** All kinds of a plan. */
export function kindsOf({ others }: InferencePlan): TextKind[] {
  return [0, 1_000].flatMap((claimedAt) => {
    const honest: TextKind = {
      label: honestKind,
      writer: claimedWriter,
      hasSystemPrompt: false,
      writtenAt: claimedAt,
      claimedAt,
      isEdited: false,
    };
    return [
      honest,
      ...others.map(({ label }) => ({ ...honest, label, writer: label })),
      { ...honest, label: 'temperature 0.7', writtenAt: 700 },
      { ...honest, label: 'system prompt added', hasSystemPrompt: true },
      { ...honest, label: 'a tenth edited', isEdited: true },
      { ...honest, label: 'another family', writer: undefined },
    ];
  });
}

/** The models of a plan by the names of writers. */
export async function connectPlan(
  plan: InferencePlan,
  likeliestMax: number,
): Promise<ReadonlyMap<string, LanguageModel>> {
  const probe = { context: `${plan.before}Count from one to ten.${plan.after}`, text: countedToTen };
  const named = [{ label: claimedWriter, ...plan.claimed }, ...plan.others];
  const models = new Map<string, LanguageModel>();
  for (const one of named) models.set(one.label, await connectOne(one, likeliestMax, probe));
  return models;
}

async function connectOne(
  place: InferencePlan['claimed'],
  likeliestMax: number,
  probe: ScoreRequest,
): Promise<LanguageModel> {
  if ('folder' in place)
    return localLanguageModel(await loadCausalModel(place.folder, 1), {
      modelDigest: nobody,
      likeliestMax,
      tokensMax: 1_024,
    });
  return connectEndpointModel({
    modelDigest: nobody,
    model: place.model,
    url: place.url.replace(/\/+$/, ''),
    isOwn: true,
    probe,
    likeliestMax,
    timeoutMs: 300_000,
    requestsMax: 1,
    clock: systemClock,
  });
}

const nobody: Hex = `0x${'00'.repeat(32)}`;
const countedToTen = 'One, two, three, four, five, six, seven, eight, nine, ten.';
