/** An expected delay: the message cannot be handled yet, and no port has failed. */

/**
 * Thrown by a handler for a message that came too early. The loop gives the message back with this delay and does not
 * hold a slot for it. `code` is kebab case, for metrics. `givesUp` is false where something else than the number of its
 * deliveries ends the message, such as its epoch.
 */
export class NotYet extends Error {
  readonly code: string;
  readonly delayMs: number;
  readonly givesUp: boolean;

  constructor(code: string, delayMs: number, { givesUp = true } = {}) {
    super(`The message comes too early (${code}).`);
    this.name = 'NotYet';
    this.code = code;
    this.delayMs = delayMs;
    this.givesUp = givesUp;
  }
}
