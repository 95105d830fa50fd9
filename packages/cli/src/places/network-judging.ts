/** What all networks have in common when they judge tasks. */

/** More than a policy's deadline for the longest likely task, plus its batch and block. */
export const taskTimeoutMs = 300_000;
/** More would make tasks wait for each other until their deadline passes. */
export const inFlightMax = 8;

/** The work's result, or a rejection as soon as the signal aborts: Ctrl-C does not wait for a report. */
export function unlessStopped<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const stopped = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  return Promise.race([work, stopped]);
}
