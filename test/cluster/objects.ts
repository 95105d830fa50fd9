/** Objects at the API server: by their kinds' paths, applied as "kubectl apply --server-side" does it. */
import type { Answer, ApiServer } from './api-server.ts';

/** What names an object. */
export interface ObjectName {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

interface Kind {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** The kinds that an API server knows, asked once for each group. */
export class Objects {
  readonly #server: ApiServer;
  readonly #groups = new Map<string, Promise<readonly Kind[]>>();

  constructor(server: ApiServer) {
    this.#server = server;
  }

  /** Applies an object of any kind, written as YAML. With `dryRun`, it is admitted or refused, and not kept. */
  async apply(object: ObjectName, yaml: string, dryRun: boolean): Promise<Answer> {
    const path = await this.#pathOf(object);
    const query = `fieldManager=assay&force=true&fieldValidation=Strict${dryRun ? '&dryRun=All' : ''}`;
    return this.#server.ask('PATCH', `${path}?${query}`, yaml, 'application/apply-patch+yaml');
  }

  /** Whether a pod of this description would be admitted into a namespace. */
  admitPod(namespace: string, template: { readonly metadata?: object; readonly spec: object }): Promise<Answer> {
    const metadata = { ...template.metadata, name: 'admitted', namespace };
    const pod = JSON.stringify({ ...template, apiVersion: 'v1', kind: 'Pod', metadata });
    return this.#server.ask('POST', `/api/v1/namespaces/${namespace}/pods?dryRun=All&fieldValidation=Strict`, pod);
  }

  async #pathOf({ apiVersion, kind, metadata }: ObjectName): Promise<string> {
    const group = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const kinds = await this.#kindsOf(group);
    const known = kinds.find((one) => one.kind === kind && !one.name.includes('/'));
    if (known === undefined) throw new Error(`The API server knows no ${kind} of ${apiVersion}.`);
    const place = known.namespaced ? `/namespaces/${metadata.namespace ?? 'default'}` : '';
    return `${group}${place}/${known.name}/${metadata.name}`;
  }

  #kindsOf(group: string): Promise<readonly Kind[]> {
    const asked = this.#groups.get(group) ?? this.#server.ask('GET', group).then(({ body }) => body.resources ?? []);
    this.#groups.set(group, asked);
    return asked;
  }
}
