/**
 * An HTTP signer with the two paths of Web3Signer's API that Assay uses: it holds the key and hashes the messages
 * itself.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fromHex, type Hex, keccak256, toHex } from '@assay/protocol/encoding/bytes';
import { signDigest } from '@assay/protocol/signature/signature';
import { secp256k1 } from '@noble/curves/secp256k1.js';

/** A running signer, and its number of signatures. */
export interface HttpSigner {
  readonly url: string;
  signed(): number;
  /** Delays every answer from now on. */
  wait(ms: number): void;
  /** Signs with another key from now on, like a misconfigured signer. */
  use(key: Uint8Array): void;
  stop(): Promise<void>;
}

/** Starts it with one key, on a free port of the loopback. */
export async function startHttpSigner(key: Uint8Array): Promise<HttpSigner> {
  const publicKey = toHex(secp256k1.getPublicKey(key, false).subarray(1));
  let signed = 0;
  let waitMs = 0;
  let signing = key;
  const server = createServer((request, response) => {
    const answer = async () => {
      if (request.method === 'GET' && request.url === '/api/v1/eth1/publicKeys') return JSON.stringify([publicKey]);
      if (request.method !== 'POST' || request.url !== `/api/v1/eth1/sign/${publicKey}`) return undefined;
      const { data } = JSON.parse(await textOf(request)) as { data: Hex };
      signed += 1;
      return signDigest(keccak256(fromHex(data)), signing);
    };
    void answer().then((text) =>
      setTimeout(
        () => response.writeHead(text === undefined ? 404 : 200).end(text ?? 'Public Key not found'),
        waitMs,
      ).unref(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    signed: () => signed,
    wait: (ms) => {
      waitMs = ms;
    },
    use: (other) => {
      signing = other;
    },
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}
