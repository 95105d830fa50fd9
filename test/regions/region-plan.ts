/** What a region is told to run, and what it answers. */
import type { InstalledParts } from '@assay/cli/network/local-network';
import type { Hex } from '@assay/protocol/encoding/bytes';

/** The network, as every region knows it. Files are those of this machine, which all regions share. */
export interface NetworkParts extends Omit<InstalledParts, 'sealerKeyFile'> {
  /** The regions' servers and services write below it. */
  readonly dir: string;
  /** The password of every user of the bus, and its file. */
  readonly bus: { readonly password: string; readonly passwordFile: string };
}

/** A batch that was proposed. */
export interface ProposedBatch {
  readonly epoch: number;
  readonly sequence: number;
  readonly root: Hex;
  readonly taskIds: readonly Hex[];
}

/** What the bus holds, read in a region. */
export interface Records {
  /** The task of every report. */
  readonly reported: readonly Hex[];
  readonly proposed: readonly ProposedBatch[];
}

/** What a region can be asked. */
export type Order =
  | { readonly do: 'servers'; readonly index: number; readonly parts: NetworkParts }
  | { readonly do: 'provision' }
  | { readonly do: 'services' }
  | { readonly do: 'records' }
  | { readonly do: 'stop' };

/** What it answers. */
export type Answer = { readonly done: Order['do']; readonly records?: Records } | { readonly failed: string };
