/**
 * A validator whose operator signs nonsense; tests run it instead of the operator's own validators. It lies about tasks
 * whose reference begins with `lie:<liars>:<manner>:`, if its operator is among the first `<liars>`. For all other
 * tasks it is honest, so that one network shows verdicts with and without liars.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { connectEvmChain } from '@assay/adapters/evm/chain';
import { operatorKeyring } from '@assay/adapters/keys/keyring-settings';
import { startWorkThread } from '@assay/adapters/process/work-thread';
import { connectOperatorPorts } from '@assay/composition/operator-ports';
import type { Measurement } from '@assay/protocol/observation/measurement';
import { type Role, roles } from '@assay/protocol/observation/role';
import type { Log } from '@assay/protocol/ports';
import type { Task } from '@assay/protocol/task/task';
import { type NetworkView, viewOf } from '@assay/runtime/service/network-view';
import { runService } from '@assay/runtime/service/service';
import { readSettings } from '@assay/runtime/service/settings';
import { checkByThread } from '@assay/runtime/validator/check-call';
import { type ComparerFacts, comparerCheck } from '@assay/runtime/validator/comparer-check';
import type { RoleCheck } from '@assay/runtime/validator/validator-context';
import { wireValidator } from '@assay/runtime/validator/validator-service';
import { settings as shape } from '../../services/embedding-comparer/src/config.ts';

const honestServices: Readonly<Record<Role, string>> = {
  checksum: 'checksum-verifier',
  embedding: 'embedding-comparer',
  semantic: 'semantic-validator',
};
const service = 'lying-validator';
const [, operatorIndex, named] = /^operator-(\d+)-([a-z]+)-/.exec(process.env.INSTANCE ?? '') ?? [];
const role = roles.find((one) => one === named) ?? 'checksum';

/** A liar's measurement of a submission, by its manner: the same on every run. */
const lies: Readonly<Record<string, (task: Task, index: number) => Measurement>> = {
  /** Any score, any flags. */
  noise: (task, index) => {
    const word = createHash('sha256').update(`${operatorIndex}/${role}/${task.taskId}/${index}`).digest();
    return { score: word.readUInt16BE(0) % 10_001, flags: word.readUInt32BE(2) };
  },
  /** Everything is perfect. */
  praise: () => ({ score: 10_000, flags: 0 }),
};

function lieAbout(task: Task) {
  const [, liars, manner] = /^lie:(\d+):([a-z]+):/.exec(task.reference) ?? [];
  return Number(operatorIndex) < Number(liars ?? 0) ? lies[manner ?? ''] : undefined;
}

/** The worker thread of an honest validator of the role. */
function honestThread(settings: ReturnType<typeof readSettings<typeof shape>>, log: Log, view: NetworkView) {
  return startWorkThread<ComparerFacts>({
    entry: new URL(`../../services/${honestServices[role]}/src/check-thread.ts`, import.meta.url),
    data: {
      policies: [...view.policies.values()],
      domain: { chainId: view.network.chainId, hub: view.network.hub },
      modelDir: settings.MODEL_DIR,
      modelName: settings.EMBEDDING_MODEL,
      allowRemote: false,
      threads: settings.MODEL_THREADS,
    },
    log,
  });
}

await runService(service, async () => {
  const settings = readSettings(shape, process.env);
  const keyring = await operatorKeyring(settings);
  const operator = keyring.address;
  const ports = await connectOperatorPorts(
    { service, settings, identity: { kind: 'validator', operator, role } },
    keyring,
  );
  const { HUB_ADDRESS: hub, REGISTRY_ADDRESS: registry, KEYSTORE_ADDRESS: keystore } = settings;
  const chain = connectEvmChain({ rpcUrl: settings.CHAIN_RPC_URL, hub, registry, keystore, log: ports.telemetry.log });
  const view = viewOf(await chain.network(), await readFile(settings.POLICIES_FILE, 'utf8'), settings.POLICIES_FILE);
  const thread = await honestThread(settings, ports.telemetry.log, view);
  const honest = role === 'embedding' ? comparerCheck({ ...ports, thread }) : checkByThread(thread);
  const check: RoleCheck = async (input) => {
    const lie = lieAbout(input.task);
    return lie === undefined ? honest(input) : input.task.submissions.map((_, index) => lie(input.task, index));
  };
  const random = (length: number) => new Uint8Array(randomBytes(length));
  return wireValidator({
    role,
    settings,
    ports,
    chain,
    keyring,
    view,
    random,
    oracle: settings.ORACLE_ADDRESS,
    check,
    thread,
  });
});
