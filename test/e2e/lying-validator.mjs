/**
 * A validator whose operator signs nonsense. A test has a network run it in place of the operator's own validators. It
 * lies about tasks whose reference begins with `lie:<liars>:<manner>:`, when its operator is among the first `<liars>`;
 * about all others it tells the truth, so that one network shows its verdicts with and without it.
 */
import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { loadEmbedder } from '@assay/adapters/embedder';
import { connectEvmChain } from '@assay/adapters/evm-chain';
import { keyringFromFile } from '@assay/adapters/key-file';
import { connectServicePorts } from '@assay/adapters/service-ports';
import { viewOf } from '@assay/runtime/network-view';
import { runService } from '@assay/runtime/service';
import { readSettings } from '@assay/runtime/settings';
import { wireValidator } from '@assay/runtime/validator-service';
import { checksumRole } from '../../services/checksum-verifier/dist/handler.js';
import { settings as shape } from '../../services/embedding-comparer/dist/config.js';
import { embeddingRole } from '../../services/embedding-comparer/dist/handler.js';
import { semanticRole } from '../../services/semantic-validator/dist/handler.js';

const service = 'lying-validator';
const [, operatorIndex, role] = /^operator-(\d+)-([a-z]+)-/.exec(process.env.INSTANCE ?? '') ?? [];

/** What a liar measures, by its manner: the same on every run. */
const lies = {
  /** Any score, any flags. */
  noise: (task, index) => {
    const word = createHash('sha256').update(`${operatorIndex}/${role}/${task.taskId}/${index}`).digest();
    return { score: word.readUInt16BE(0) % 10_001, flags: word.readUInt32BE(2) };
  },
  /** Everything is perfect. */
  praise: () => ({ score: 10_000, flags: 0 }),
};

function lieAbout(task) {
  const [, liars, manner] = /^lie:(\d+):([a-z]+):/.exec(task.reference) ?? [];
  return Number(operatorIndex) < Number(liars ?? 0) ? lies[manner] : undefined;
}

async function honestCheck(settings, ports, view) {
  if (role === 'checksum') return checksumRole(view.network);
  if (role === 'semantic') return semanticRole;
  const embedder = await loadEmbedder({ modelDir: settings.MODEL_DIR, modelName: settings.EMBEDDING_MODEL });
  return embeddingRole({ embedder, cache: ports.cache, telemetry: ports.telemetry });
}

await runService(service, async () => {
  const settings = readSettings(shape, process.env);
  const keyring = keyringFromFile(settings.OPERATOR_KEY_FILE);
  const operator = keyring.address;
  const ports = await connectServicePorts({
    service,
    settings,
    identity: { kind: 'validator', operator, role },
    cachePrefix: operator,
  });
  const { HUB_ADDRESS: hub, REGISTRY_ADDRESS: registry, KEYSTORE_ADDRESS: keystore } = settings;
  const chain = connectEvmChain({ rpcUrl: settings.CHAIN_RPC_URL, hub, registry, keystore, log: ports.telemetry.log });
  const view = viewOf(await chain.network(), await readFile(settings.POLICIES_FILE, 'utf8'), settings.POLICIES_FILE);
  const honest = await honestCheck(settings, ports, view);
  const check = async (input) => {
    const lie = lieAbout(input.task);
    return lie === undefined ? honest(input) : input.task.submissions.map((_, index) => lie(input.task, index));
  };
  const random = (length) => new Uint8Array(randomBytes(length));
  return wireValidator({ role, settings, ports, chain, keyring, view, random, oracle: settings.ORACLE_ADDRESS, check });
});
