/** Opens what tells webhooks, where the settings ask for it. */
import type { ServicePorts } from '@assay/composition/service-ports';
import { tuning } from '@assay/protocol/tuning';
import { SettingsError, type SettingsOf } from '@assay/runtime/service/settings';
import type { RandomBytes } from '../access/key-record.ts';
import { macKeyOf } from '../access/open-key-book.ts';
import type { settings as shape } from '../config.ts';
import type { DeliveryParts } from './deliver.ts';
import { HookBook } from './hook-book.ts';

/** What reaches webhooks. */
export interface WebhookTools extends Pick<DeliveryParts, 'sign'> {
  /** Why nobody may post to a URL; undefined if one may, as far as its text tells. */
  readonly whyNotTo: (url: string, allowedNetworks: readonly string[]) => string | undefined;
  /** A client that posts to nothing else. */
  readonly guardedPost: (guard: {
    readonly allowedNetworks: readonly string[];
    readonly timeoutMs: number;
  }) => DeliveryParts['post'];
}

/** The book of webhooks, and what tells them; undefined where webhooks are off. */
export function webhooksOf(
  settings: SettingsOf<typeof shape>,
  { bus, clock, telemetry }: Pick<ServicePorts, 'bus' | 'clock' | 'telemetry'>,
  random: RandomBytes,
  readSecret: (file: string) => string,
  { whyNotTo, guardedPost, sign }: WebhookTools,
): Pick<DeliveryParts, 'hooks' | 'post' | 'sign'> | undefined {
  if (settings.WEBHOOKS === 'off') return undefined;
  const secretFile = settings.API_KEYS === 'required' ? settings.API_KEYS_SECRET_FILE : undefined;
  if (secretFile === undefined)
    throw new SettingsError('WEBHOOKS is on, and belongs to API keys: set API_KEYS=required.');
  const allowedNetworks = settings.WEBHOOK_NETWORKS;
  const macKey = macKeyOf(secretFile, readSecret);
  const whyNot = (url: string) => whyNotTo(url, allowedNetworks);
  return {
    hooks: new HookBook({ bus, clock, log: telemetry.log, random, macKey, whyNotTo: whyNot }),
    post: guardedPost({ allowedNetworks, timeoutMs: tuning.webhookAnswerMs }),
    sign,
  };
}
