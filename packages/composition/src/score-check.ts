/** A check that judges by log-probabilities of the operator's language models (see `serve-score-check.ts`). */
import { cachedLanguageModel } from '@assay/adapters/language-model/cached-model';
import { connectModelPlace } from '@assay/adapters/language-model/model-endpoints';
import { startWorkThread } from '@assay/adapters/process/work-thread';
import { scoredCheck } from '@assay/runtime/check/scored-check';
import type { validatorSettings } from '@assay/runtime/service/settings';
import { checkSetup } from './content-check.ts';
import { requireFaultsAbstain } from './fault-flags.ts';
import { connectModels, type languageModelSettings } from './language-models.ts';
import type { ConnectCheck } from './run-validator.ts';

/**
 * Connects the models that the policies name, and starts the thread whose file is `entry`. Throws a SettingsError if one of
 * them is in no endpoint, or does not answer as it should.
 */
export function scoreCheck(entry: URL): ConnectCheck<typeof validatorSettings & typeof languageModelSettings> {
  return async ({ settings, ports, view }) => {
    const { log } = ports.telemetry;
    const policies = [...view.policies.values()];
    requireFaultsAbstain('inference', policies);
    const named = policies.flatMap(({ name, roles }) =>
      (roles.inference?.models ?? []).map((model) => ({ ...model, policyName: name })),
    );
    const models = await connectModels(settings, named, async (place, { before, after }) => {
      const model = await connectModelPlace(place, { before, after, clock: ports.clock, log });
      return { model, remembering: cachedLanguageModel(model, ports.cache) };
    });
    const thread = await startWorkThread({ entry, data: checkSetup(view), log });
    return { check: scoredCheck({ thread, models, telemetry: ports.telemetry }), thread };
  };
}
