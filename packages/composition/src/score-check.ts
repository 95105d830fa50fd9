/** A check that judges by log-probabilities of the operator's language models (see `serve-score-check.ts`). */
import { cachedLanguageModel } from '@assay/adapters/language-model/cached-model';
import { connectModelEndpoint, readModelEndpoints } from '@assay/adapters/language-model/model-endpoints';
import { startWorkThread } from '@assay/adapters/process/work-thread';
import type { Policy } from '@assay/protocol/policy/policy';
import { scoredCheck } from '@assay/runtime/check/scored-check';
import { fromSetting, fromSettingLater, SettingsError, type validatorSettings } from '@assay/runtime/service/settings';
import { z } from 'zod';
import { checkSetup } from './content-check.ts';
import { requireFaultsAbstain } from './fault-flags.ts';
import type { ConnectCheck } from './run-validator.ts';

const setting = 'LANGUAGE_MODELS_FILE';

/** Settings of a validator that asks language models, besides those of every validator. */
export const languageModelSettings = {
  [setting]: z
    .string()
    .min(1)
    .optional()
    .describe('File with the endpoints of language models (JSON); needed once a policy names a model'),
} as const;

/**
 * Connects the models that the policies name, and starts the thread whose file is `entry`. Throws {@link SettingsError}
 * if one of them is in no endpoint, or does not answer as it should.
 */
export function scoreCheck(entry: URL): ConnectCheck<typeof validatorSettings & typeof languageModelSettings> {
  return async ({ settings, ports, view }) => {
    const { log } = ports.telemetry;
    const policies = [...view.policies.values()];
    requireFaultsAbstain('inference', policies);
    const file = settings[setting];
    const endpoints = file === undefined ? [] : fromSetting(setting, () => readModelEndpoints(file));
    const models = await Promise.all(
      modelsIn(policies).map(async ({ policyName, digest, before, after }) => {
        const endpoint = endpoints.find((one) => one.modelDigest === digest);
        if (endpoint === undefined)
          throw new SettingsError(
            `${setting}: there is no endpoint of model ${digest}, which policy "${policyName}" names; add one with that modelDigest.`,
          );
        const model = await fromSettingLater(setting, () =>
          connectModelEndpoint(endpoint, { before, after, clock: ports.clock, log }),
        );
        return [digest, { model, remembering: cachedLanguageModel(model, ports.cache) }] as const;
      }),
    );
    const thread = await startWorkThread({ entry, data: checkSetup(view), log });
    return { check: scoredCheck({ thread, models: new Map(models), telemetry: ports.telemetry }), thread };
  };
}

/** Every model that a policy names, once. */
function modelsIn(policies: readonly Policy[]) {
  const named = policies.flatMap(({ name, roles }) =>
    (roles.inference?.models ?? []).map((model) => [model.digest, { ...model, policyName: name }] as const),
  );
  return [...new Map(named).values()];
}
