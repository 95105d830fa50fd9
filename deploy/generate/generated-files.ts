/** Every generated file, by its path from the root. A test compares them with the disk. */
import { readFileSync } from 'node:fs';
import { redisRulesOf, redisUsers } from '@assay/adapters/redis/users';
import { checkShape } from '@assay/protocol/encoding/decode';
import { addressSchema } from '@assay/protocol/encoding/fields';
import { type Role, serviceOf } from '@assay/protocol/observation/role';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { deployedRoles } from './deployed-roles.ts';
import { natsDirectValues, natsHubConfiguration, natsHubValues, natsLeafValues } from './nats-accounts.ts';
import { networkPolicies } from './network-policies.ts';
import { alertGroups, dashboardFiles } from './observability.ts';
import { filesOfRepository } from './repository-lists.ts';
import { filesWithValidators } from './validator-lists.ts';
import { autoscalerOf, deploymentOf, scaledObjectOf } from './validator-manifests.ts';
import { validators } from './validators.ts';

const root = new URL('../..', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');
const kubernetes = 'deploy/kubernetes';

/** Path → text. */
export function generatedFiles(): Map<string, string> {
  const operators = operatorsOf(read(`${kubernetes}/base/network/operators.json`));
  const policies = read('deploy/policies.json');
  const withValidators = new Map(filesWithValidators());
  return new Map([
    [`${kubernetes}/base/network/policies.json`, policies],
    [`${kubernetes}/base/operator/policies.json`, policies],
    [`${kubernetes}/components/signed-submissions/policies.json`, withSignatures(policies)],
    [`${kubernetes}/base/network/network-policies.yaml`, documents('deploy/arrows.json', networkPolicies('network'))],
    [`${kubernetes}/base/operator/network-policies.yaml`, documents('deploy/arrows.json', networkPolicies('operator'))],
    [
      `${kubernetes}/helm/nats-accounts.values.yaml`,
      documents('the bus permissions and operators.json', [natsHubValues(operators)]),
    ],
    [
      `${kubernetes}/helm/nats-direct-accounts.values.yaml`,
      documents('the bus permissions and operators.json', [natsDirectValues(operators)]),
    ],
    [
      `${kubernetes}/components/region-nats/accounts.conf`,
      `# Made from the bus permissions and operators.json by "npm run manifests". Change it there.\n${natsHubConfiguration(operators)}`,
    ],
    [`${kubernetes}/components/redis/users`, redisUsersFile()],
    ...['operator-a', 'operator-b'].map((name) => leafFile(`${kubernetes}/overlays/several-operators/${name}`)),
    [
      `${kubernetes}/components/monitoring/prometheus-rule.yaml`,
      documents('deploy/prometheus/alerts.yaml', [prometheusRule(withValidators.get('deploy/prometheus/alerts.yaml'))]),
    ],
    ...deployedRoles.flatMap(validatorFiles),
    ...withValidators,
    ...filesOfRepository(),
    ...dashboardFiles(),
  ]);
}

/** The text of policies that take signed answers only. */
function withSignatures(policies: string): string {
  return policies.replaceAll('"submissionSignatures": "optional"', '"submissionSignatures": "required"');
}

/** The users of Redis with their rules, for its start script. */
function redisUsersFile(): string {
  const head = '# Made from packages/adapters/src/redis/users.ts by "npm run manifests". Change it there.\n';
  return head + redisUsers.map((user) => `${user} ${redisRulesOf(user)}\n`).join('');
}

/** The manifests of a role's validator. */
function validatorFiles(role: Role): [string, string][] {
  const deployment = validators[role];
  const file = `${serviceOf(role)}.yaml`;
  return [
    [`${kubernetes}/base/operator/${file}`, deploymentOf(role, deployment)],
    [`${kubernetes}/components/hpa/${file}`, autoscalerOf(role, deployment)],
    [`${kubernetes}/components/keda/${file}`, scaledObjectOf(role, deployment)],
  ];
}

/** The users of an operator's leaf node; the operator's address is in its overlay. */
function leafFile(overlay: string): readonly [string, string] {
  const { data } = parse(read(`${overlay}/operator.yaml`), { schema: 'failsafe' }) as { data: { OPERATOR: string } };
  const [operator] = operatorsOf(JSON.stringify([`0x${data.OPERATOR}`]));
  if (operator === undefined) throw new Error(`${overlay} names no operator.`);
  const text = documents(`the bus permissions and ${overlay}/operator.yaml`, [natsLeafValues(operator)]);
  return [`${overlay}/nats-accounts.values.yaml`, text];
}

function operatorsOf(text: string) {
  const checked = checkShape(z.array(addressSchema), JSON.parse(text));
  if (!checked.ok) throw new Error(`operators.json: ${checked.refusal.detail}`);
  return checked.value;
}

/** Objects as YAML documents, after a line that names their source. */
function documents(source: string, objects: readonly object[]): string {
  const head = `# Made from ${source} by "npm run manifests". Change it there.\n`;
  return (
    head + objects.map((object) => stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })).join('---\n')
  );
}

function prometheusRule(alerts: string | undefined): object {
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'assay', labels: { 'app.kubernetes.io/part-of': 'assay' } },
    spec: { groups: alertGroups(alerts) },
  };
}
