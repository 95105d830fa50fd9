/** Records what honest operators sign and what the chain accepts, whether or not anybody else sees it. */
import { type Cosignature, cosignatureSchema } from '@assay/protocol/batch/certificate';
import { decodeMessage } from '@assay/protocol/encoding/decode';
import { type Observation, observationSchema } from '@assay/protocol/observation/observation';
import type { Chain, PostOutcome } from '@assay/protocol/ports';
import type { CosignatureFields } from '@assay/protocol/signature/typed-data';

export class Witness {
  readonly observations: Observation[] = [];
  readonly cosignatures: Cosignature[] = [];
  /** Sequences on REPORTS that an intruder wrote; these are not reports. */
  readonly forgedReports = new Set<number>();
  readonly posts: { readonly batch: CosignatureFields; readonly outcome: PostOutcome }[] = [];

  /** Records a publish that an honest operator attempted. */
  readonly honestPublish = (_subject: string, data: Uint8Array): void => {
    const observation = decodeMessage(observationSchema, data);
    if (observation.ok) this.observations.push(observation.value);
    const cosignature = decodeMessage(cosignatureSchema, data);
    if (cosignature.ok) this.cosignatures.push(cosignature.value);
  };

  /** A chain whose posts are recorded. */
  watch(chain: Chain): Chain {
    return {
      ...chain,
      post: async (batch, certificate) => {
        const outcome = await chain.post(batch, certificate);
        this.posts.push({ batch, outcome });
        return outcome;
      },
    };
  }
}
