/** An HTTP server with an embedding model of letter pairs, whose vectors are known, and which can misbehave. */
import { type JsonServer, startJsonServer } from '../language-model/json-server.fixture.ts';

interface EmbeddingBody {
  readonly model: string;
  readonly input: readonly string[];
}

/** What a test may change between requests. */
export interface EmbeddingServer extends JsonServer<EmbeddingBody> {
  /** Makes another model of the same name and size of it. */
  salt: number;
}

/** Values of a vector. */
export const pairDimensions = 32;

/** Starts a server on loopback with the model "pairs". */
export async function startEmbeddingServer(): Promise<EmbeddingServer> {
  const server = await startJsonServer<EmbeddingBody>((path, { model, input }) =>
    path === '/v1/models'
      ? { data: [{ id: 'pairs' }] }
      : {
          model,
          // A server may give them in any order.
          data: input.map((text, index) => ({ index, embedding: pairVector(text, made.salt) })).toReversed(),
        },
  );
  const made: EmbeddingServer = Object.assign(server, { salt: 1 });
  return made;
}

/** How often each of 32 classes of letter pairs is in a text. */
export function pairVector(text: string, salt = 1): number[] {
  const vector = Array.from({ length: pairDimensions }, () => 0);
  for (let at = 0; at + 1 < text.length; at += 1) {
    const place =
      (salt * 31 * text.charCodeAt(at) + salt * 7 * text.charCodeAt(at + 1) + (salt ^ text.charCodeAt(at))) %
      pairDimensions;
    vector[place] = (vector[place] ?? 0) + 1;
  }
  return vector;
}
