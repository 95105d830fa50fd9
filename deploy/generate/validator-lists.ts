/** The places of hand-written files that name each validator: between the marks `<validators>` and `</validators>`. */
import { readFileSync } from 'node:fs';
import { roles, serviceOf } from '@assay/protocol/observation/role';
import { deployedRoles } from './deployed-roles.ts';
import { busSecretOf } from './validator-manifests.ts';

const root = new URL('../../', import.meta.url);
const kubernetes = 'deploy/kubernetes';
const services: readonly string[] = deployedRoles.map(serviceOf);
const each = (line: (service: string) => string) => services.map(line).join('');

const resources = each((service) => `  - ${service}.yaml\n`);
const released = each(
  (service) => `  - name: assay/${service}\n    newName: ghcr.io/assay/${service}\n    newTag: 0.1.0\n`,
);
const composed = services
  .map(
    (service) => `  ${service}:
    <<: *service
    image: assay/${service}:0.1.0
    build: { context: ../.., dockerfile: deploy/Dockerfile, args: { SERVICE: ${service} } }
    environment: { <<: [*environment, *operator], INSTANCE: ${service} }
    volumes: ["keys:/keys:ro", "journal:/journal"]
`,
  )
  .join('\n');
const jobs = ['gateway', 'consensus-aggregator', 'oracle-key-participant', 'router', ...services].join('|');

/** By path from the root. */
const lists: Readonly<Record<string, string>> = {
  [`${kubernetes}/base/operator/kustomization.yaml`]: resources,
  [`${kubernetes}/components/hpa/kustomization.yaml`]: resources,
  [`${kubernetes}/components/keda/kustomization.yaml`]: resources,
  [`${kubernetes}/components/external-secrets-operator/secrets.yaml`]: deployedRoles
    .map((role) => `---\n${busSecretOf(role)}`)
    .join(''),
  [`${kubernetes}/overlays/local/kustomization.yaml`]: each(
    (service) => `  - name: assay/${service}\n    newTag: local\n`,
  ),
  [`${kubernetes}/overlays/several-operators/operator-a/kustomization.yaml`]: released,
  [`${kubernetes}/overlays/several-operators/operator-b/kustomization.yaml`]: released,
  'deploy/compose/stack.yaml': composed,
  'deploy/compose/observability/prometheus.yaml': each((service) => `          - ${service}\n`),
  '.github/workflows/release.yaml': roles.map((role) => `          - ${serviceOf(role)}\n`).join(''),
  'deploy/prometheus/alerts.yaml': `        expr: min by (job) (up{job=~"${jobs}"}) == 0\n`,
};

/** Path and text of each such file with its list as the roles are now. Throws when a file has lost its marks. */
export function filesWithValidators(): [path: string, text: string][] {
  return Object.entries(lists).map(([path, list]) => {
    const text = readFileSync(new URL(path, root), 'utf8');
    const marked = /(^ *# <validators>\n)[\s\S]*?(^ *# <\/validators>\n)/m;
    if (!marked.test(text)) throw new Error(`${path} has no lines "# <validators>" and "# </validators>".`);
    return [path, text.replace(marked, (_, begin: string, end: string) => `${begin}${list}${end}`)];
  });
}
