/** What a command needs of its process. */
export interface CommandContext {
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Sets the exit code; open work still ends by itself. */
  readonly exit: (code: number) => void;
}
