/** What an installed network's pods read, as objects of Kubernetes: keys and passwords as Secrets, addresses as config maps. */
import { natsAccountsOf } from '@assay/adapters/nats/accounts';
import { redisUsers } from '@assay/adapters/redis/users';
import { busIdentities, busUserOf } from '@assay/protocol/bus/permissions';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { roles, serviceOf } from '@assay/protocol/observation/role';

/** Passwords by user: of NATS, and of the two servers that are not on the bus. */
export interface ClusterPasswords {
  readonly bus: Readonly<Record<string, string>>;
  readonly cache: Readonly<Record<string, string>>;
  readonly journal: string;
}

/** A network whose parts all run in one namespace, with the secrets of its folder. */
export interface ClusterNetwork {
  readonly namespace: string;
  readonly operator: Hex;
  readonly operatorKey: Hex;
  readonly transmitterKeys: readonly Hex[];
  readonly oracle: { readonly key: string; readonly agreementKey: string; readonly keyEncryptionKey: string };
  /** What all services need to know of the chain. */
  readonly environment: Readonly<Record<string, string>>;
  readonly passwords: ClusterPasswords;
}

/** A pod of the aggregator mounts the passwords of so many, whether they run or not. */
const mountedAggregators = 2;

/** Everyone who logs in at NATS. */
const identitiesOf = (operator: Hex, aggregators: number) =>
  busIdentities([operator], { aggregators: Math.max(aggregators, mountedAggregators) });

/** Whose passwords are needed. */
export function clusterUsers(operator: Hex, aggregators: number) {
  return { bus: identitiesOf(operator, aggregators).map(busUserOf), cache: redisUsers } as const;
}

/** The objects, in one list that `kubectl apply -f -` takes. */
export function clusterObjects(network: ClusterNetwork): object {
  const { operator, operatorKey, transmitterKeys, oracle, environment, passwords } = network;
  const identities = identitiesOf(operator, transmitterKeys.length);
  const accounts = natsAccountsOf(identities, (user) => passwordOf(passwords.bus, user));
  const bus = (user: string) => ({ password: passwordOf(passwords.bus, user) });
  const secrets: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    operator: { 'operator.key': operatorKey },
    transmitters: Object.fromEntries(transmitterKeys.map((key, index) => [`transmitter-${index}.key`, key])),
    oracle: {
      'oracle.key': oracle.key,
      'agreement.key': oracle.agreementKey,
      'key-encryption.key': oracle.keyEncryptionKey,
    },
    cache: passwords.cache,
    'signing-journal': {
      password: passwords.journal,
      'users.conf': `users: [ { user: signing-journal, password: ${JSON.stringify(passwords.journal)} } ]\n`,
    },
    'nats-accounts': { 'accounts.conf': `accounts: ${JSON.stringify({ ...accounts, SYS: { users: [] } }, null, 2)}\n` },
    'bus-gateway': bus('gateway'),
    'bus-consensus-aggregator': Object.fromEntries(
      identities
        .filter((identity) => identity.kind === 'aggregator')
        .map((identity) => [`password-${identity.index}`, passwordOf(passwords.bus, busUserOf(identity))]),
    ),
    'bus-oracle-key-participant': bus('participant'),
    'bus-router': bus('router'),
    'bus-auditor': bus('auditor'),
    'bus-provisioner': bus('provisioner'),
    ...Object.fromEntries(
      roles.map((role) => [`bus-${serviceOf(role)}`, bus(busUserOf({ kind: 'validator', operator, role }))]),
    ),
  };
  const items = [
    ...Object.entries(secrets).map(([name, stringData]) => ({ ...headOf('Secret', name, network), stringData })),
    { ...headOf('ConfigMap', 'installed', network), data: environment },
    { ...headOf('ConfigMap', 'installed-operators', network), data: { 'operators.json': JSON.stringify([operator]) } },
  ];
  return { apiVersion: 'v1', kind: 'List', items };
}

const headOf = (kind: string, name: string, { namespace }: ClusterNetwork) => ({
  apiVersion: 'v1',
  kind,
  metadata: { name, namespace, labels: { 'app.kubernetes.io/part-of': 'assay' } },
});

function passwordOf(passwords: Readonly<Record<string, string>>, user: string): string {
  const password = passwords[user];
  if (password === undefined) throw new RangeError(`There is no password for ${user}.`);
  return password;
}
