import { describe, expect, it } from 'vitest';
import { readSettings, SettingsError, serviceSettings, validatorSettings } from './settings.ts';

const address = `0x${'Ab'.repeat(20)}`;
const complete = {
  NATS_URL: 'nats://127.0.0.1:4222',
  CHAIN_RPC_URL: 'http://127.0.0.1:8545',
  HUB_ADDRESS: address,
  REGISTRY_ADDRESS: address,
  KEYSTORE_ADDRESS: address,
  POLICIES_FILE: 'policies.json',
  OPERATOR_KEY_FILE: 'operator.key',
  SIGNING_JOURNAL: 'file:///var/lib/assay/journal',
};

function errorOf(environment: Record<string, string | undefined>): SettingsError {
  try {
    readSettings(validatorSettings, environment);
  } catch (error) {
    if (error instanceof SettingsError) return error;
    throw error;
  }
  throw new Error('The settings were taken.');
}

describe('readSettings', () => {
  it('fills in defaults, turns numbers into numbers and addresses into lower case', () => {
    const settings = readSettings(validatorSettings, { ...complete, CONCURRENCY: '7' });
    expect(settings).toMatchObject({
      HEALTH_PORT: 0,
      LOG_LEVEL: 'info',
      CONCURRENCY: 7,
      HUB_ADDRESS: address.toLowerCase(),
    });
    expect(settings.ORACLE_ADDRESS).toBeUndefined();
  });

  it('treats an empty variable as not set', () => {
    expect(readSettings(serviceSettings, { NATS_URL: 'n', LOG_LEVEL: '', REDIS_URL: '' })).toMatchObject({
      LOG_LEVEL: 'info',
    });
    expect(errorOf({ ...complete, NATS_URL: '' }).message).toContain('NATS_URL is not set');
  });

  it('names every wrong variable with its purpose, in one line', () => {
    const { message } = errorOf({ ...complete, NATS_URL: undefined, HUB_ADDRESS: '0x12', CONCURRENCY: 'many' });
    expect(message).toMatch(/^wrong settings: /);
    for (const part of ['NATS_URL is not set', 'HUB_ADDRESS must be 0x and 40', 'CONCURRENCY', 'AssayHub contract'])
      expect(message).toContain(part);
    expect(message).not.toContain('\n');
  });

  it.each([
    ['HEALTH_PORT', '65536'],
    ['HEALTH_PORT', '80.5'],
    ['CONCURRENCY', '0'],
    ['LOG_LEVEL', 'loud'],
    ['CHAIN_RPC_URL', 'not a url'],
    ['INSTANCE', 'x'.repeat(65)],
  ])('refuses %s=%s', (name, value) => {
    expect(errorOf({ ...complete, [name]: value }).message).toContain(name);
  });

  it('does not repeat a wrong value, because it may be a secret', () => {
    const secret = 'https-user-with-password';
    expect(
      errorOf({ ...complete, CHAIN_RPC_URL: secret, HUB_ADDRESS: secret, LOG_LEVEL: secret }).message,
    ).not.toContain(secret);
  });
});
