/**
 * A remote signer with the Web3Signer API (`GET /api/v1/eth1/publicKeys`, `POST /api/v1/eth1/sign/{publicKey}`) in
 * front of a vault, a KMS or an HSM. It receives the bytes and hashes them itself (Keccak-256). Its signature is
 * checked against the address before use.
 */
import { fromHex, type Hex, keccak256 } from '@assay/protocol/encoding/bytes';
import type { Keyring } from '@assay/protocol/ports';
import { recoverSigner } from '@assay/protocol/signature/signature';
import { tuning } from '@assay/protocol/tuning';

/** The signer's URL, and the address of the key. */
export interface RemoteSignerOptions {
  /** As http://host:port. */
  readonly url: string;
  readonly address: Hex;
  /** Time-out of one response; tuning.signerTimeoutMs if absent. */
  readonly timeoutMs?: number;
}

const publicKeyPattern = /^0x(04)?[0-9a-f]{128}$/i;
const signaturePattern = /^0x[0-9a-f]{130}$/i;

/** Asks the signer for the key of the address. Rejects with a message if it does not respond or has no such key. */
export async function connectRemoteSigner(options: RemoteSignerOptions): Promise<Keyring> {
  const base = options.url.replace(/\/+$/, '');
  const keys: unknown = JSON.parse(await ask(options, `${base}/api/v1/eth1/publicKeys`));
  const key = (Array.isArray(keys) ? keys : []).find((one) => addressOfKey(one) === options.address);
  if (key === undefined)
    throw new Error(
      `The signer at ${base} has no key of ${options.address}. Load it there, or set the address of one that it has.`,
    );
  const url = `${base}/api/v1/eth1/sign/${key}`;
  return {
    address: options.address,
    sign: async (digest, preimage) => {
      if (keccak256(fromHex(preimage)) !== digest)
        throw new RangeError('The bytes to sign do not hash to their digest.');
      const answer = (await ask(options, url, JSON.stringify({ data: preimage }))).trim();
      const signature = signaturePattern.test(answer) ? withEvmParity(answer.toLowerCase() as Hex) : undefined;
      if (signature === undefined || recoverSigner(digest, signature) !== options.address)
        throw new Error(`The signer at ${base} gave no signature of ${options.address}.`);
      return signature;
    },
  };
}

/** The address of an uncompressed secp256k1 key as the signer lists it; undefined for anything else. */
function addressOfKey(key: unknown): Hex | undefined {
  if (typeof key !== 'string' || !publicKeyPattern.test(key)) return undefined;
  return `0x${keccak256(fromHex(`0x${key.toLowerCase().slice(-128)}`)).slice(-40)}`;
}

/** v as 27 or 28; some signers return 0 or 1. */
function withEvmParity(signature: Hex): Hex {
  const parity = Number.parseInt(signature.slice(-2), 16);
  return parity > 1 ? signature : `${signature.slice(0, -2) as Hex}${(27 + parity).toString(16)}`;
}

async function ask(
  { timeoutMs = tuning.signerTimeoutMs }: RemoteSignerOptions,
  url: string,
  body?: string,
): Promise<string> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      signal: AbortSignal.timeout(timeoutMs),
      redirect: 'error',
      ...(body === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body }),
    });
    text = await boundedText(response);
  } catch (cause) {
    throw new Error(`The signer at ${new URL(url).origin} does not answer. Check the address, and that it runs.`, {
      cause,
    });
  }
  // The response is not repeated in the error, because it may contain the message to sign.
  if (!response.ok) throw new Error(`The signer at ${new URL(url).origin} answered ${response.status}.`);
  return text;
}

async function boundedText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > tuning.signerAnswerBytesMax) throw new RangeError('The answer is too long.');
  }
  return text;
}
