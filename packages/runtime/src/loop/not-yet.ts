/** An expected delay: the message cannot be handled yet, and no port has failed. */

/**
 * Thrown by a handler for a message that came too early. The loop gives the message back with this delay and does not
 * hold a slot for it. `code` is kebab case, for metrics.
 */
export class NotYet extends Error {
  readonly code: string;
  readonly delayMs: number;

  constructor(code: string, delayMs: number) {
    super(`The message comes too early (${code}).`);
    this.name = 'NotYet';
    this.code = code;
    this.delayMs = delayMs;
  }
}
