import { ChainReader, type Contracts } from '@assay/sdk/chain-reader';
import { GatewayClient } from '@assay/sdk/gateway-client';
import { openSession } from '@assay/sdk/session';
import { addressOfIdentity, makeIdentity, readIdentities, registerIdentity } from '@assay/sdk/session-identity';

type Hex = `0x${string}`;
type Question = { sessionId: Hex; reference: string; user: Hex; prompt: string };

export async function startMiner(network: Contracts & { gatewayUrl: string }, privateKey: Hex) {
  const gateway = new GatewayClient(network.gatewayUrl);
  const chain = new ChainReader(network);
  const secret = makeIdentity(privateKey);
  await registerIdentity(chain, privateKey, secret);
  const address = addressOfIdentity(secret);
  const { oracle } = await gateway.readNetwork();
  if (oracle === undefined) throw new Error('This network has no key participant.');
  return {
    address,
    async answer({ sessionId, reference, user, prompt }: Question) {
      const identities = await readIdentities(chain, { user, miner: address, oracle });
      const session = await openSession({ gateway, party: 'miner', sessionId, identities, secret });
      const output = `You asked: ${prompt}`; // your model
      return session.seal('output', reference, output);
    },
  };
}
