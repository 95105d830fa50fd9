/** Opens the book of API keys with the secrets that the settings name. */
import type { ServicePorts } from '@assay/composition/service-ports';
import { fromSetting, SettingsError, type SettingsOf } from '@assay/runtime/service/settings';
import type { settings as shape } from '../config.ts';
import { KeyBook } from './key-book.ts';
import type { RandomBytes } from './key-record.ts';

/** What `authorization: Bearer` can carry, and long enough that nobody guesses it. */
const secretPattern = /^[!-~]{32,256}$/;

/** The API keys, where requests need one. */
export function keyBookOf(
  { API_KEYS: mode, API_KEYS_SECRET_FILE: secretFile, ADMIN_KEY_FILE: adminFile }: SettingsOf<typeof shape>,
  { bus, clock, telemetry }: Pick<ServicePorts, 'bus' | 'clock' | 'telemetry'>,
  random: RandomBytes,
  readSecret: (file: string) => string,
): KeyBook | undefined {
  if (mode === 'off') return undefined;
  if (secretFile === undefined)
    throw new SettingsError(
      'API_KEYS_SECRET_FILE is not set; API_KEYS=required needs it. Make one: openssl rand -hex 32',
    );
  const macKey = macKeyOf(secretFile, readSecret);
  const adminToken = adminFile === undefined ? undefined : longSecret('ADMIN_KEY_FILE', adminFile, readSecret);
  return new KeyBook({ bus, clock, log: telemetry.log, random, macKey, adminToken });
}

/** The secret that all gateways share. */
export function macKeyOf(secretFile: string, readSecret: (file: string) => string): string {
  return longSecret('API_KEYS_SECRET_FILE', secretFile, readSecret);
}

function longSecret(setting: string, file: string, readSecret: (file: string) => string): string {
  return fromSetting(setting, () => {
    const secret = readSecret(file);
    if (secretPattern.test(secret)) return secret;
    throw new Error(
      `${file} must hold 32 to 256 printable ASCII characters without spaces. Make one: openssl rand -hex 32`,
    );
  });
}
