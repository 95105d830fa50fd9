/** The Router as an agent of the A2A protocol: its card. */

/** The version of the protocol, as cards and clients name it. */
const a2aVersion = '1.0';

/** The version of this agent: what it can be asked, and how it answers. */
const agentVersion = '1.0.0';

/** Where the card is, by the protocol, and where messages go. */
export const a2aPaths = { card: '/.well-known/agent-card.json', messages: '/a2a' } as const;

/** The card in the protocol's JSON. */
export function agentCardOf(agent: {
  /** Base URL of the Router without a path, as others reach it. */
  readonly url: string;
  readonly models: readonly string[];
  readonly needsKey: boolean;
  readonly isPaid: boolean;
}): object {
  const { url, models, needsKey, isPaid } = agent;
  const price = isPaid ? ' Answers need a payment by x402: without one, the Router answers HTTP 402.' : '';
  return {
    name: 'Assay Router',
    description: `Answers questions with answers that a network of validators has accepted.${price}`,
    version: agentVersion,
    supportedInterfaces: [
      { url: `${url}${a2aPaths.messages}`, protocolBinding: 'JSONRPC', protocolVersion: a2aVersion, tenant: '' },
    ],
    capabilities: { streaming: false, pushNotifications: false, extensions: [], extendedAgentCard: false },
    defaultInputModes: ['text/plain'],
    defaultOutputModes: ['text/plain'],
    skills: [
      {
        id: 'ask',
        name: 'Ask',
        description:
          'Asks several miners, lets the network judge their answers, and returns the accepted one. ' +
          `The field "model" of the metadata names the model: ${models.join(', ')}.`,
        tags: ['question answering', 'verified inference'],
        examples: ['What is 112 + 391?'],
        inputModes: ['text/plain'],
        outputModes: ['text/plain'],
      },
    ],
    ...(needsKey
      ? {
          securitySchemes: {
            apiKey: { httpAuthSecurityScheme: { scheme: 'Bearer', description: 'An API key of the network' } },
          },
          securityRequirements: [{ schemes: { apiKey: { list: [] } } }],
        }
      : {}),
  };
}
