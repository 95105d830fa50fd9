/** A process of the simulated network: it starts, stops gracefully, or dies at any point. */
import { Life } from './weather.ts';

/** Runs a process until the signal aborts; each start has new memory and new connections. */
export type Run = (signal: AbortSignal, life: Life) => Promise<void>;

export class SimProcess {
  readonly name: string;
  readonly #run: Run;
  #life = new Life();
  #stopping = new AbortController();
  #running: Promise<void> | undefined;

  constructor(name: string, run: Run) {
    this.name = name;
    this.#run = run;
  }

  get isUp(): boolean {
    return this.#running !== undefined;
  }

  start(): void {
    this.#life = new Life();
    this.#stopping = new AbortController();
    this.#running = this.#run(this.#stopping.signal, this.#life);
  }

  /** Its pending calls never return, and its messages are not delivered. */
  crash(): void {
    this.#life.isOver = true;
    this.#stopping.abort();
    this.#running = undefined;
  }

  /** SIGTERM: resolves when its loops have ended. */
  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    this.#stopping.abort();
    await running;
  }
}
