/** The operator's endpoints of language models, by the digests that policies name. */
import { type ModelPlace, readModelPlaces } from '@assay/adapters/language-model/model-endpoints';
import { fromSetting, fromSettingLater, SettingsError } from '@assay/runtime/service/settings';
import { z } from 'zod';

const setting = 'LANGUAGE_MODELS_FILE';

/** Settings of a validator that asks language models, besides those of every validator. */
export const languageModelSettings = {
  [setting]: z
    .string()
    .min(1)
    .optional()
    .describe('File with the endpoints of language models (JSON); needed once a policy names a model'),
} as const;

/** A model that a policy names. */
export interface NamedModel {
  readonly digest: string;
  readonly policyName: string;
}

/**
 * Connects each model, once. Resolves by digest. Throws {@link SettingsError} if one of them is in no endpoint, or does not
 * answer as it should.
 */
export async function connectModels<Named extends NamedModel, Connected>(
  settings: { readonly [setting]?: string | undefined },
  named: readonly Named[],
  connect: (place: ModelPlace, model: Named) => Promise<Connected>,
): Promise<ReadonlyMap<string, Connected>> {
  const file = settings[setting];
  const places = file === undefined ? [] : fromSetting(setting, () => readModelPlaces(file));
  const once = new Map(named.map((model) => [model.digest, model]));
  const connected = await Promise.all(
    [...once.values()].map(async (model) => {
      const place = places.find((one) => one.modelDigest === model.digest);
      if (place === undefined)
        throw new SettingsError(
          `${setting}: there is no endpoint or folder of model ${model.digest}, which policy "${model.policyName}" names; add one with that modelDigest.`,
        );
      return [model.digest, await fromSettingLater(setting, () => connect(place, model))] as const;
    }),
  );
  return new Map(connected);
}
