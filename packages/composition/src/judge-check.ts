/** A check that an operator's chat model judges (see `serve-judge-check.ts`). */
import { randomBytes } from 'node:crypto';
import { connectEndpointChat } from '@assay/adapters/language-model/endpoint-chat';
import { requireEndpoint } from '@assay/adapters/language-model/model-endpoints';
import { startWorkThread } from '@assay/adapters/process/work-thread';
import { judgedCheck } from '@assay/runtime/check/judged-check';
import type { validatorSettings } from '@assay/runtime/service/settings';
import { checkSetup } from './content-check.ts';
import { requireFaultsAbstain } from './fault-flags.ts';
import { connectModels, type languageModelSettings } from './language-models.ts';
import type { ConnectCheck } from './run-validator.ts';

/**
 * Connects the models that the policies name as judges, and starts the thread whose file is `entry`. Throws a SettingsError
 * if one of them is in no endpoint, or does not answer as it should.
 */
export function judgeCheck(entry: URL): ConnectCheck<typeof validatorSettings & typeof languageModelSettings> {
  return async ({ settings, ports, view }) => {
    const { clock, telemetry } = ports;
    const policies = [...view.policies.values()];
    requireFaultsAbstain('llm-judge', policies, ['judge-refused', 'judge-off-format', 'orders-disagree']);
    const named = policies.flatMap(({ name, roles }) => {
      const rules = roles['llm-judge'];
      return rules === undefined ? [] : [{ digest: rules.model, policyName: name }];
    });
    const models = await connectModels(settings, named, async (place) =>
      connectEndpointChat(requireEndpoint(place), { clock, log: telemetry.log }),
    );
    const thread = await startWorkThread({ entry, data: checkSetup(view), log: telemetry.log });
    const random = (length: number) => new Uint8Array(randomBytes(length));
    return { check: judgedCheck({ thread, models, telemetry, random }), thread };
  };
}
