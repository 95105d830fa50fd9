/** What a command needs from its process. */
export interface CommandContext {
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Sets the exit code; open work still completes. */
  readonly exit: (code: number) => void;
}
