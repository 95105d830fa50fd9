/** What an aggregator does next for one certified batch: a function of what the chain shows of it. No I/O. */

/** The batch as the chain shows it, and as it was seen before. */
export interface BatchView {
  readonly nowMs: number;
  /** Blocks on top of it, its own included; 0 when it is not in. */
  readonly confirmations: number;
  /** It was in when last looked at. */
  readonly wasIn: boolean;
  /** From when on it is this aggregator's turn to post it. */
  readonly turnMs: number;
}

/**
 * `report`: as many blocks stand on it as are wanted. `post`: it is not in, and it is this aggregator's turn.
 * `vanished`: a reorganisation took it; the turns begin anew. `wait`: it is in but not deep enough, or it is another's turn.
 */
export type PostingStep = 'report' | 'post' | 'vanished' | 'wait';

/** The next step for a batch. */
export function postingStep(view: BatchView, confirmationsWanted: number): PostingStep {
  if (view.confirmations >= confirmationsWanted) return 'report';
  if (view.confirmations > 0) return 'wait';
  if (view.wasIn) return 'vanished';
  return view.nowMs >= view.turnMs ? 'post' : 'wait';
}
