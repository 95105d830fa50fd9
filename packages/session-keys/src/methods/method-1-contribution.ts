import { fromHex, type Hex, toHex } from '@assay/protocol/encoding/bytes';
import { accepted, type Checked, refused } from '@assay/protocol/refusal';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import type { Opening, PairSecret } from '../agreement/agreement-state.ts';
import { KEY_SIZE } from '../agreement/key-schedule.ts';
import type { ContributeBody, Contribution } from '../agreement/message-body.ts';
import type { AgreementPlan } from '../agreement/transcript.ts';
import { lengthPrefixed } from '../identity/encoding.ts';
import { PARTIES, type Party } from '../identity/identity.ts';

/** The context that contributions are bound to. */
export interface ContributionContext {
  readonly plan: AgreementPlan;
  /** The transcript hash over all commitments and openings; 32 bytes. */
  readonly transcript: Hex;
}

const COMMITMENT_LABEL = 'assay/session/v1/method-1/commitment';
const CONTRIBUTION_LABEL = 'assay/session/v1/method-1/contribution';
const RELAY_LABEL = 'assay/session/v1/method-1/relay';
const HASH_LABEL = 'assay/session/v1/method-1/contribution-hash';

/** A relay key encrypts one contribution of one agreement, so a constant nonce never repeats under it. */
const NONCE = new Uint8Array(24);

/**
 * The commitment of one party to its ephemeral key: SHA-256 over label, session, party, key (32 bytes) and blind (32
 * random bytes); 32 bytes. The blind hides the key, the hash binds it, and the party's name prevents others from
 * copying the commitment.
 */
export function commitmentTo(plan: AgreementPlan, party: Party, { ephemeralKey, blind }: Opening): Hex {
  const parts = [COMMITMENT_LABEL, fromHex(plan.sessionId), party, fromHex(ephemeralKey), fromHex(blind)];
  return toHex(sha256(lengthPrefixed(parts)));
}

/**
 * A pair's contribution to the key: HKDF-SHA256 (RFC 5869) of its X25519 secret with the transcript as salt; 32 bytes.
 * The ephemeral keys that determine it were committed before any was known, so nobody can choose it.
 */
export function contributionOf(
  context: ContributionContext,
  pair: readonly Party[],
  pairSecret: Uint8Array,
): Uint8Array {
  return derive(context, CONTRIBUTION_LABEL, inOrder(pair), pairSecret);
}

/**
 * The public hash that binds both members of a pair to one contribution: SHA-256 over label, session, transcript, pair
 * and contribution; 32 bytes.
 */
export function contributionHash(context: ContributionContext, pair: readonly Party[], contribution: Uint8Array): Hex {
  const { plan, transcript } = context;
  const parts = [HASH_LABEL, fromHex(plan.sessionId), fromHex(transcript), ...inOrder(pair), contribution];
  return toHex(sha256(lengthPrefixed(parts)));
}

/** Round 3 of one party: for each of its two pairs, the hash and the contribution encrypted to the third party. */
export function makeContributions(
  context: ContributionContext,
  party: Party,
  secrets: readonly [PairSecret, PairSecret],
): ContributeBody {
  const [first, second] = secrets;
  const towards = (own: PairSecret, third: PairSecret): Contribution => {
    const pair = [party, own.peer];
    const contribution = contributionOf(context, pair, fromHex(own.secret));
    const hash = contributionHash(context, pair, contribution);
    const cipher = relayCipher(context, party, third.peer, third.secret, hash);
    return { peer: own.peer, hash, sealed: toHex(cipher.encrypt(contribution)) };
  };
  return { kind: 'contribute', contributions: [towards(first, second), towards(second, first)] };
}

/**
 * Checks the contributions of `sender` and returns the contribution (32 bytes) of the pair without `party`. Refused:
 * peers other than the sender's, a hash of the common pair that differs from the own one, a contribution that does not
 * match its hash (`contribution-mismatch`); one that does not open (`contribution-unreadable`).
 */
export function openContribution(
  context: ContributionContext,
  party: Party,
  secrets: readonly [PairSecret, PairSecret],
  sender: Party,
  body: ContributeBody,
): Checked<Uint8Array> {
  const shared = secrets.find(({ peer }) => peer === sender);
  const common = body.contributions.find(({ peer }) => peer === party);
  const foreign = body.contributions.find(({ peer }) => peer !== party && peer !== sender);
  if (shared === undefined || common === undefined || foreign === undefined) {
    return refused('contribution-mismatch', `the ${sender} did not contribute for its two pairs`);
  }
  const own = contributionOf(context, [party, sender], fromHex(shared.secret));
  if (contributionHash(context, [party, sender], own) !== common.hash) {
    return refused(
      'contribution-mismatch',
      `the ${sender} contributes a different value for the pair with the ${party}`,
    );
  }
  const opened = decrypted(relayCipher(context, sender, party, shared.secret, foreign.hash), foreign.sealed);
  if (opened === undefined)
    return refused('contribution-unreadable', `the ${party} cannot open what the ${sender} sent to it`);
  if (contributionHash(context, [sender, foreign.peer], opened) !== foreign.hash) {
    return refused('contribution-mismatch', `the contribution of the ${sender} does not match its published hash`);
  }
  return accepted(opened);
}

/** The result of the method: the contributions of user and miner, user and oracle, miner and oracle; 96 bytes. */
export function combined(contributionOfPair: (pair: readonly [Party, Party]) => Uint8Array): Uint8Array {
  const pairs = PARTIES.flatMap((first, at) => PARTIES.slice(at + 1).map((second) => [first, second] as const));
  const agreed = new Uint8Array(pairs.length * KEY_SIZE);
  for (const [at, pair] of pairs.entries()) agreed.set(contributionOfPair(pair), at * KEY_SIZE);
  return agreed;
}

/**
 * The cipher of one direction between two parties, under its own key, with the contribution's hash as associated data.
 */
function relayCipher(context: ContributionContext, from: Party, to: Party, pairSecret: Hex, hash: Hex) {
  const key = derive(context, RELAY_LABEL, [from, to], fromHex(pairSecret));
  return xchacha20poly1305(key, NONCE, fromHex(hash));
}

function derive(
  { plan, transcript }: ContributionContext,
  label: string,
  parties: readonly Party[],
  pairSecret: Uint8Array,
): Uint8Array {
  const info = lengthPrefixed([label, fromHex(plan.sessionId), ...parties]);
  return hkdf(sha256, pairSecret, fromHex(transcript), info, KEY_SIZE);
}

function decrypted(cipher: ReturnType<typeof xchacha20poly1305>, sealed: Hex): Uint8Array | undefined {
  try {
    return cipher.decrypt(fromHex(sealed));
  } catch {
    return undefined;
  }
}

function inOrder(pair: readonly Party[]): Party[] {
  return PARTIES.filter((party) => pair.includes(party));
}
