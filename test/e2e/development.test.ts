/** `assay dev` restarts what changes, and `assay service` takes the place of one process of the network. */
import { utimes } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { readConnection } from '@assay/cli/network/network-file';
import { GatewayClient } from '@assay/sdk/gateway-client';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { eventually } from '../integration/eventually.ts';
import { makeWorkplace, type Settings, type Workplace } from './assay-command.ts';

const startMs = 90_000;
/** The same process has the log of the same name. */
const semantic = 'operator-0-semantic-0';

/** What restarts is told from the sources. In the nightly run the services run from them too, which takes twice as long. */
const form: Settings = process.env.TEST_SCOPE === 'whole' ? { ASSAY_BUNDLES: '', ASSAY_COMMAND: '' } : {};

let workplace: Workplace;

beforeEach(async () => {
  workplace = await makeWorkplace();
});

afterEach(() => workplace.remove());

/** Looks like an edit to a file watcher and changes nothing. */
function touch(path: string): Promise<void> {
  return utimes(fileURLToPath(new URL(`../../${path}`, import.meta.url)), new Date(), new Date());
}

it('one network: an edit restarts its services, a service runs under a debugger, nothing is left behind', async () => {
  const dev = workplace.start('dev', '--operators', '1', '--aggregators', '1', '--no-router', form);
  await eventually('the network', () => dev.stdout().includes('Assay is up'), startMs);
  const connection = await readConnection(workplace.folder);
  const gateway = new GatewayClient(connection?.gatewayUrl ?? '');
  await gateway.readNetwork();

  await touch('services/gateway/src/main.ts');
  await touch('packages/checks/src/semantic/semantic-check.ts');
  await eventually('the restart', () => /2 of 2 processes are ready after/.test(dev.stderr()), startMs);
  expect(dev.stderr()).toMatch(/restarting gateway: \S+ changed/);
  expect(dev.stderr()).toContain(
    'restarting semantic-validator: packages/checks/src/semantic/semantic-check.ts changed',
  );
  expect(dev.stderr()).not.toContain('restarting checksum-verifier');
  await gateway.readNetwork();

  const none = await workplace.run('service', 'semantic-validator', '--operator', '7');
  expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining(semantic) });
  const own = workplace.start('service', 'semantic-validator', '--operator', '0', '--inspect', '127.0.0.1:0', form);
  await eventually('the service', () => own.stderr().includes(`${semantic}: ready`), startMs);
  expect(own.stderr()).toContain('Debugger listening on ws://127.0.0.1:');
  expect(own.stdout()).toContain(`"instance":"${semantic}"`);
  const second = await workplace.run('service', semantic);
  expect(second).toMatchObject({ code: 2, stderr: expect.stringContaining('runs elsewhere already') });

  own.interrupt();
  expect(await own.finished).toMatchObject({ code: 0, processesLeft: [] });
  await eventually(
    'the network’s own process',
    () => dev.stderr().includes(`${semantic} runs in the network again`),
    startMs,
  );
  dev.interrupt();
  expect(await dev.finished).toMatchObject({ code: 0, processesLeft: [], filesLeft: [] });
  expect(await readConnection(workplace.folder)).toBeUndefined();
});

it('a service without a network says which command starts one', async () => {
  const { code, stderr } = await workplace.run('service', 'gateway');
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('npm run dev') });
});
