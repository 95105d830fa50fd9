/** Tells everyone who waits for the chain that it has a new block: one question for all of them. */
import { limits } from '@assay/protocol/limits';
import type { Chain, Clock } from '@assay/protocol/ports';

type WatchPorts = { readonly chain: Pick<Chain, 'height'>; readonly clock: Clock };

/** Looks at the chain's height for as long as somebody waits. */
export class BlockWatch {
  private readonly ports: WatchPorts;
  private readonly waiting = new Set<() => void>();
  private looking = false;
  private seen = 0;

  constructor(ports: WatchPorts) {
    this.ports = ports;
  }

  /** The height when it was last asked; 0 before. */
  get height(): number {
    return this.seen;
  }

  /** Resolves when the height is not `height` any more, after `ms`, or when the signal aborts. Never rejects. */
  async changedFrom(height: number, ms: number, signal: AbortSignal): Promise<void> {
    if (this.seen !== height || signal.aborted) return;
    const changed = new AbortController();
    const wake = () => changed.abort('changed');
    this.waiting.add(wake);
    signal.addEventListener('abort', wake, { once: true });
    void this.look();
    await this.ports.clock.sleep(ms, changed.signal);
    signal.removeEventListener('abort', wake);
    this.waiting.delete(wake);
  }

  private async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    while (this.waiting.size > 0) {
      // Whoever waits looks for itself after a while: there it is told that the chain does not answer.
      const height = await this.ports.chain.height().catch(() => this.seen);
      const isNew = height !== this.seen;
      this.seen = height;
      if (isNew) for (const wake of this.waiting) wake();
      // After each question: nodes behind one address may differ in height, and answer by turns.
      await this.ports.clock.sleep(limits.chainPollMs);
    }
    this.looking = false;
  }
}
