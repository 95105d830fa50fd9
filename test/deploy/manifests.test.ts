/** Every built overlay is valid by its schemas, restricted, probed, bounded and pinned; no generated file is stale. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generatedFiles } from '../../deploy/generate/generated-files.ts';
import { build, hasKubectl, type Manifest, overlays, root, workloads } from './kustomize.ts';
import { whyNotRestricted } from './pod-security.ts';
import { whatTheCompilerSays } from './type-check.ts';

/** Packages with the types of objects that are not part of Kubernetes. */
const packageOf = (group: string) =>
  group === 'keda.sh'
    ? '@kubernetes-models/keda'
    : group === 'external-secrets.io'
      ? '@kubernetes-models/external-secrets'
      : group === 'monitoring.coreos.com'
        ? '@kubernetes-models/prometheus-operator'
        : 'kubernetes-models';

function moduleOf({ apiVersion, kind }: Manifest): string {
  const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
  return `${packageOf(group)}/${apiVersion}/${kind}`;
}

describe('files generated from tables', () => {
  it.each([...generatedFiles()])('%s is up to date (npm run manifests)', (path, content) => {
    expect(readFileSync(join(root, path), 'utf8')).toBe(content);
  });
});

describe('overlay', () => {
  describe.each(overlays)('%s', (overlay) => {
    const manifests = build(overlay);

    it('fits the schemas', async () => {
      const wrong: string[] = [];
      for (const manifest of manifests) {
        const model = (await import(moduleOf(manifest))) as Record<
          string,
          new (
            object: object,
          ) => { validate(): void }
        >;
        const Model = model[manifest.kind];
        if (Model === undefined) throw new Error(`There is no schema for ${manifest.apiVersion} ${manifest.kind}.`);
        try {
          new Model(manifest).validate();
        } catch (error) {
          wrong.push(`${manifest.kind} ${manifest.metadata.name}: ${String(error)}`);
        }
      }
      expect(wrong).toEqual([]);
    });

    it.skipIf(!hasKubectl())('is the same for kubectl and kustomize', () => {
      expect(build(overlay, 'kustomize')).toEqual(manifests);
    });

    it('has each object once', () => {
      const names = manifests.map(({ kind, metadata }) => `${metadata.namespace ?? ''}/${kind}/${metadata.name}`);
      expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    });

    it('runs every pod under the restricted standard, in a namespace that enforces it', () => {
      const wrong = workloads(manifests).flatMap(({ name, pod }) =>
        whyNotRestricted(pod.spec).map((why) => `${name}: ${why}`),
      );
      expect(wrong).toEqual([]);
      const namespaces = manifests.filter(({ kind }) => kind === 'Namespace');
      expect(namespaces.length).toBeGreaterThan(0);
      for (const { metadata } of namespaces)
        expect(metadata.labels?.['pod-security.kubernetes.io/enforce']).toBe('restricted');
    });

    it('reads nothing but its own files: no token, no writable root, no secret in the environment', () => {
      const wrong = workloads(manifests).flatMap(({ name, pod }) => {
        const { automountServiceAccountToken, containers } = pod.spec;
        return [
          ...(automountServiceAccountToken === false ? [] : [`${name} mounts a token`]),
          ...containers.flatMap((one: Manifest) => [
            ...(one.securityContext?.readOnlyRootFilesystem === true ? [] : [`${name} can write its root`]),
            ...(one.env ?? []).flatMap((entry: Manifest) =>
              entry.valueFrom?.secretKeyRef === undefined ? [] : [`${name} has a secret in ${entry.name}`],
            ),
          ]),
        ];
      });
      expect(wrong).toEqual([]);
      expect(manifests.filter(({ kind }) => kind === 'Secret').map(({ metadata }) => metadata.name)).toEqual([]);
      for (const { kind, automountServiceAccountToken } of manifests)
        if (kind === 'ServiceAccount') expect(automountServiceAccountToken).toBe(false);
    });

    it('has CPU and memory requests and limits, pinned images, and probes', () => {
      const wrong = workloads(manifests).flatMap(({ manifest, name, pod }) =>
        pod.spec.containers.flatMap((one: Manifest) => [
          ...(['cpu', 'memory'] as const).flatMap((what) => [
            ...(one.resources?.requests?.[what] ? [] : [`${name} asks for no ${what}`]),
            ...(one.resources?.limits?.[what] ? [] : [`${name} has no limit of ${what}`]),
          ]),
          ...(/:(?!latest$)[\w.-]+$/.test(one.image) ? [] : [`${name} runs ${one.image}`]),
          ...(manifest.kind === 'Job' || (one.readinessProbe && one.livenessProbe) ? [] : [`${name} is not probed`]),
        ]),
      );
      expect(wrong).toEqual([]);
    });

    it('probes every service at its own endpoints, spreads it, and has a disruption budget for it', () => {
      const services = workloads(manifests).filter(
        ({ pod }) => pod.metadata.labels?.['app.kubernetes.io/component'] === 'service',
      );
      expect(services.length).toBeGreaterThanOrEqual(3);
      for (const { manifest, name, pod } of services) {
        const [container] = pod.spec.containers;
        expect([name, container.livenessProbe.httpGet.path, container.readinessProbe.httpGet.path]).toEqual([
          name,
          '/healthz',
          '/readyz',
        ]);
        expect(pod.spec.topologySpreadConstraints.map((one: Manifest) => one.topologyKey)).toContain(
          'kubernetes.io/hostname',
        );
        const budgets = manifests.filter(
          ({ kind, metadata, spec }) =>
            kind === 'PodDisruptionBudget' &&
            metadata.namespace === manifest.metadata.namespace &&
            spec.selector.matchLabels['app.kubernetes.io/name'] === pod.metadata.labels['app.kubernetes.io/name'],
        );
        expect([name, budgets.length]).toEqual([name, 1]);
      }
    });

    it('states the right number of aggregators', () => {
      const sets = manifests.filter(
        ({ kind, metadata }) => kind === 'StatefulSet' && metadata.name.startsWith('consensus-aggregator'),
      );
      // In one namespace, or one in each region: every index once.
      const indices = sets.flatMap(({ spec }) =>
        Array.from({ length: spec.replicas }, (_, index) => (spec.ordinals?.start ?? 0) + index),
      );
      expect(indices).toEqual(indices.map((_, index) => index));
      for (const set of sets) {
        const [settings] = set.spec.template.spec.containers[0].envFrom;
        const map = manifests.find(({ metadata }) => metadata.name === settings.configMapRef.name);
        expect(Number(map?.data.AGGREGATOR_COUNT)).toBe(indices.length);
      }
    });
  });

  it('has no field that Kubernetes does not know', { timeout: 120_000 }, () => {
    const objects = overlays.flatMap((overlay) => build(overlay));
    const kinds = [...new Map(objects.map((one) => [moduleOf(one), one])).values()];
    const typeOf = (one: Manifest) => `T${kinds.findIndex((kind) => moduleOf(kind) === moduleOf(one))}`;
    const imports = kinds.map((one) => `import type { I${one.kind} as ${typeOf(one)} } from '${moduleOf(one)}';`);
    const values = objects.map((one, index) => `export const o${index}: ${typeOf(one)} = ${JSON.stringify(one)};`);
    expect(whatTheCompilerSays([...imports, ...values].join('\n'))).toBe('');
  });
});
