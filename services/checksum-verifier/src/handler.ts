/** The checksum role: content against CID, commitment, miner's signature and other deterministic runs. */
import { checksumCheck } from '@assay/checks/checksum-check';
import type { SigningDomain } from '@assay/protocol/typed-data';
import type { RoleCheck } from '@assay/runtime/validator-context';

/** The check, for signatures on one chain and hub. */
export function checksumRole(domain: SigningDomain): RoleCheck {
  return (input) => Promise.resolve(checksumCheck({ ...input, domain }));
}
