/**
 * A real API server admits every object of every overlay, and every pod that these make, in namespaces that enforce Pod
 * Security `restricted`. It needs the programs that `npm run test:admission` builds.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Answer, type ApiServer, startApiServer } from '../cluster/api-server.ts';
import { definitions } from '../cluster/definitions.ts';
import { isBuilt } from '../cluster/modules.ts';
import { type ObjectName, Objects } from '../cluster/objects.ts';
import { admissionPrograms } from '../cluster/programs.ts';
import { until } from '../containers/run.ts';
import { temporaryFolder } from '../integration/temporary-folder.ts';
import { documentsOf, overlays } from './kustomize.ts';

const canAdmit = admissionPrograms.every(isBuilt) && existsSync(definitions);
const why = !canAdmit
  ? ' (skipped: "npm run test:admission" builds it)'
  : process.env.TEST_SCOPE !== 'whole'
    ? ' (skipped: in the nightly run)'
    : '';
/** What an object needs before it is admitted: its namespace, and its pods' account. */
const neededByOthers = ['Namespace', 'ServiceAccount'];

describe.skipIf(why !== '')(`the API server of Kubernetes${why}`, () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let server: ApiServer;
  let objects: Objects;

  beforeAll(async () => {
    folder = await temporaryFolder();
    server = await startApiServer(folder.path);
    objects = new Objects(server);
    for (const file of globSync(`${definitions}/*.yaml`)) await define(readFileSync(file, 'utf8'), file);
  });
  afterAll(async () => {
    await server?.stop();
    await folder?.remove();
  });

  async function define(yaml: string, file: string): Promise<void> {
    const definition = parse(yaml) as ObjectName;
    const { status, body } = await objects.apply(definition, yaml, false);
    if (status >= 300) throw new Error(`${basename(file)}: ${body.message}`);
    const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${definition.metadata.name}`;
    await until(
      `${definition.metadata.name} is established`,
      async () => {
        const conditions = (await server.ask('GET', path)).body.status?.conditions ?? [];
        return conditions.some((one: { type: string; status: string }) => isEstablished(one)) ? true : undefined;
      },
      60_000,
    );
  }

  /** What a controller does in a cluster. */
  async function addDefaultAccount(namespace: string): Promise<void> {
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } };
    await objects.apply(account, JSON.stringify(account), false);
  }

  it.each(overlays)('admits every object of %s, and the pods that these make', async (overlay) => {
    const documents = documentsOf(overlay);
    const refused: string[] = [];
    const note = (name: string, answer: Answer) => {
      for (const text of complaintsOf(answer)) refused.push(`${name}: ${text}`);
    };
    for (const { manifest, text } of documents.filter(({ manifest: { kind } }) => neededByOthers.includes(kind))) {
      note(`${manifest.kind} ${manifest.metadata.name}`, await objects.apply(manifest, text, false));
      if (manifest.kind === 'Namespace') await addDefaultAccount(manifest.metadata.name);
    }
    for (const { manifest, text } of documents) {
      const name = `${manifest.kind} ${manifest.metadata.name}`;
      const answer = await objects.apply(manifest, text, true);
      note(name, answer);
      const { namespace = 'default' } = manifest.metadata;
      const pod = answer.status < 300 ? podOf(answer.body) : undefined;
      if (pod !== undefined) note(`a pod of ${name}`, await objects.admitPod(namespace, pod));
    }
    expect(refused).toEqual([]);
  });

  it('refuses a pod that may run as root, and a field that it does not know', async () => {
    const [namespace] = documentsOf('local').filter(({ manifest }) => manifest.kind === 'Namespace');
    if (namespace === undefined) throw new Error('The overlay has no namespace.');
    await objects.apply(namespace.manifest, namespace.text, false);
    const { name } = namespace.manifest.metadata;
    await addDefaultAccount(name);
    const root = { spec: { containers: [{ name: 'one', image: 'one:1' }], automountServiceAccountToken: false } };
    expect((await objects.admitPod(name, root)).body.message).toContain('violates PodSecurity');
    const map = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one', namespace: name }, dota: {} };
    expect((await objects.apply(map, JSON.stringify(map), true)).body.message).toContain('dota');
  });
});

const isEstablished = ({ type, status }: { type: string; status: string }) =>
  type === 'Established' && status === 'True';

/** The pod that an object makes, with the volumes that a StatefulSet gives it. */
function podOf({ spec }: Answer['body']) {
  if (spec?.template?.spec?.containers === undefined) return undefined;
  const claimed = (spec.volumeClaimTemplates ?? []).map(({ metadata: { name } }: ObjectName) => ({
    name,
    persistentVolumeClaim: { claimName: name },
  }));
  const { template } = spec;
  return { ...template, spec: { ...template.spec, volumes: [...(template.spec.volumes ?? []), ...claimed] } };
}

/** Why the server refused an object, or what it warns of. */
function complaintsOf({ status, warnings, body }: Answer): string[] {
  return status < 300 ? [...warnings] : [String(body.message ?? status)];
}
