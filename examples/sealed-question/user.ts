import { ChainReader, type Contracts } from '@assay/sdk/chain-reader';
import { GatewayClient } from '@assay/sdk/gateway-client';
import { proveReport } from '@assay/sdk/prove-report';
import { newSessionId, openSession } from '@assay/sdk/session';
import { addressOfIdentity, makeIdentity, readIdentities, registerIdentity } from '@assay/sdk/session-identity';

type Hex = `0x${string}`;
type Question = { sessionId: Hex; reference: string; user: Hex; prompt: string };
type Miner = { address: Hex; answer(question: Question): Promise<{ sealed: string }> };

export async function ask(network: Contracts & { gatewayUrl: string }, privateKey: Hex, miner: Miner, prompt: string) {
  const gateway = new GatewayClient(network.gatewayUrl);
  const chain = new ChainReader(network);
  const secret = makeIdentity(privateKey);
  await registerIdentity(chain, privateKey, secret);
  const user = addressOfIdentity(secret);
  const { oracle, policies } = await gateway.readNetwork();
  if (oracle === undefined) throw new Error('This network has no key participant.');
  const identities = await readIdentities(chain, { user, miner: miner.address, oracle });
  const sessionId = newSessionId();
  const reference = `question ${sessionId}`;
  const answering = miner.answer({ sessionId, reference, user, prompt });
  const session = await openSession({ gateway, party: 'user', sessionId, identities, secret });
  const sealed = { prompt: session.seal('prompt', reference, prompt), output: await answering };
  const submissions = [{ miner: miner.address, output: sealed.output }];
  const taskId = await gateway.submitTask({ reference, policy: 'sealed', prompt: sealed.prompt, submissions });
  const report = await gateway.readReport(taskId, 30_000);
  const proof = report && (await proveReport(chain, policies, report));
  await session.close();
  return { report, proven: proof?.ok === true };
}
