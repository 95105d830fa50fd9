/** How far a follower has come, for those who must not act before it has come far enough. */
export class FollowPosition {
  private sequence = 0;
  private readonly waiting = new Set<{ readonly sequence: number; readonly resolve: () => void }>();

  /** The last sequence handled; 0 before the first. */
  get handled(): number {
    return this.sequence;
  }

  /** Says that everything up to `sequence` is handled. */
  advance(sequence: number): void {
    this.sequence = Math.max(this.sequence, sequence);
    for (const waiter of this.waiting) {
      if (waiter.sequence > this.sequence) continue;
      this.waiting.delete(waiter);
      waiter.resolve();
    }
  }

  /** Resolves once everything up to `sequence` is handled, or when the signal aborts. */
  reached(sequence: number, signal: AbortSignal): Promise<void> {
    if (sequence <= this.sequence || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const stop = () => {
        this.waiting.delete(waiter);
        signal.removeEventListener('abort', stop);
        resolve();
      };
      const waiter = { sequence, resolve: stop };
      this.waiting.add(waiter);
      signal.addEventListener('abort', stop, { once: true });
    });
  }
}
