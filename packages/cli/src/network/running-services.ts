/** The services of a running local network, which can be restarted one by one or replaced by a user's own process. */
import { errorText } from '@assay/protocol/error-text';
import type { LocalNetwork } from './local-network.ts';
import type { ServiceProcess, ServiceSpec } from './service-process.ts';

/** Selects a process: by its own name, or by its service (the first match). */
export interface ServiceChoice {
  /** Name of a process (`operator-2-semantic-0`) or of a service (`semantic-validator`). */
  readonly service: string;
  readonly operator?: number | undefined;
  readonly replica?: number | undefined;
}

/** The part of a network that is used here. */
type Network = Pick<LocalNetwork, 'services' | 'start'>;

/** Tracks the running process of each spec; what it starts is stopped with the network. */
export class RunningServices {
  readonly #network: Network;
  readonly #onFailure: (reason: string) => void;
  /** Name → process; undefined while none runs. */
  readonly #processes = new Map<string, ServiceProcess | undefined>();
  readonly #specs = new Map<string, ServiceSpec>();
  readonly #lent = new Set<string>();
  #ended = false;

  /** `onFailure` is called if a process exits unexpectedly or does not start. */
  constructor(network: Network, onFailure: (reason: string) => void) {
    this.#network = network;
    this.#onFailure = onFailure;
    for (const one of network.services) this.#add(one);
  }

  /** The specs of all services, running or not. */
  get specs(): readonly ServiceSpec[] {
    return [...this.#specs.values()];
  }

  isLent(name: string): boolean {
    return this.#lent.has(name);
  }

  /**
   * Restarts processes, except replaced ones. Calls `onFailure` for one that does not start; resolves with the number
   * of running processes.
   */
  async restart(names: readonly string[]): Promise<number> {
    const own = names.filter((name) => !this.#lent.has(name));
    const started = await Promise.all(own.map((name) => this.#startAgain(name)));
    return started.filter(Boolean).length;
  }

  /**
   * Stops the selected process so that another can replace it. Throws if there is none, or if it is already replaced.
   */
  async lend(choice: ServiceChoice): Promise<ServiceSpec> {
    const spec = chooseService(this.specs, choice);
    if (this.#lent.has(spec.name)) throw new Error(`${spec.name} runs elsewhere already.`);
    this.#lent.add(spec.name);
    await this.#processes.get(spec.name)?.stop();
    this.#processes.set(spec.name, undefined);
    return this.#specs.get(spec.name) ?? spec;
  }

  /** Starts the network's own process again after it was replaced. */
  async takeBack(name: string): Promise<void> {
    if (this.#lent.delete(name)) await this.#startAgain(name);
  }

  /** The network is stopping: nothing is started from now on. */
  end(): void {
    this.#ended = true;
  }

  async #startAgain(name: string): Promise<boolean> {
    if (this.#ended) return false;
    const spec = this.#specs.get(name);
    if (spec === undefined) throw new Error(`The network has no process "${name}".`);
    await this.#processes.get(name)?.stop();
    this.#processes.set(name, undefined);
    try {
      this.#add(await this.#network.start(spec));
      return true;
    } catch (error) {
      this.#onFailure(errorText(error));
      return false;
    }
  }

  #add(one: ServiceProcess): void {
    this.#processes.set(one.name, one);
    // A restarted gateway keeps its address.
    const { httpPort } = one.facts;
    const pinned = httpPort === undefined ? {} : { HTTP_PORT: String(httpPort) };
    this.#specs.set(one.name, { ...one.spec, environment: { ...one.spec.environment, ...pinned } });
    void one.failed.then((reason) => {
      if (this.#processes.get(one.name) === one) this.#onFailure(reason);
    });
  }
}

/** The selected process. Throws an error that lists the names if there is none. */
function chooseService(specs: readonly ServiceSpec[], choice: ServiceChoice): ServiceSpec {
  const { service, operator, replica } = choice;
  const exact = specs.find(({ name }) => name === service);
  if (exact !== undefined) return exact;
  const found = specs.find(
    (one) =>
      one.service === service &&
      (operator === undefined || one.name.startsWith(`operator-${operator}-`)) &&
      (replica === undefined || one.name.endsWith(`-${replica}`)),
  );
  if (found !== undefined) return found;
  const which = [
    service,
    ...(operator === undefined ? [] : [`of operator ${operator}`]),
    ...(replica === undefined ? [] : [`with number ${replica}`]),
  ].join(' ');
  throw new Error(`The network has no ${which}; it has ${specs.map(({ name }) => name).join(', ')}.`);
}
