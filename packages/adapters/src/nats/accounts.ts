/** The accounts of NATS servers: one user for each identity of the network, with the permissions of the table. */
import {
  type BusIdentity,
  busIdentities,
  busPermissionsOf,
  busUserOf,
  validatorIdentities,
} from '@assay/protocol/bus/permissions';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { type Role, roles } from '@assay/protocol/observation/role';

/** The account that holds the network's streams. */
export const natsAccount = 'ASSAY';

/** One user as NATS's configuration has it; JSON is a subset of that language. */
export interface NatsUser {
  readonly user: string;
  readonly password: string;
  readonly permissions: {
    readonly publish: { readonly allow: readonly string[] };
    readonly subscribe: { readonly allow: readonly string[] };
    readonly allow_responses?: { readonly max: number; readonly expires: string };
  };
}

/** The block `accounts` of a server's configuration. `passwordOf` gives a password, its bcrypt hash, or `$NAME` of a variable. */
export function natsAccountsOf(identities: readonly BusIdentity[], passwordOf: (user: string) => string) {
  return {
    [natsAccount]: {
      jetstream: 'enabled',
      users: identities.map((identity) => natsUserOf(identity, passwordOf(busUserOf(identity)))),
    },
  } as const;
}

/** Subjects that server links do not carry: each server reserves them for its own streams. */
const keptSubjects = ['$JS.API.'] as const;
/** The network's subjects therefore have this prefix on the link, and their own names at both ends. */
const hubPrefix = 'hub.';
/** Longer than a pull waits: how long the hub remembers where the messages of one request go. */
const pullAnswerTime = '60s';

/** The user with which an operator's leaf node logs in at the network's servers. */
export function leafUserOf(operator: Hex): string {
  return `operator-${operator.slice(2)}`;
}

/** The operator's account on the network's servers. It contains only what is shared with it. */
function accountOfOperator(operator: Hex): string {
  return `OPERATOR_${operator.slice(2)}`;
}

/**
 * The accounts of the network's servers when operators connect by leaf nodes: the network's own users, and one account
 * for each operator. An operator's account imports exactly the subjects that its validators may use, so the owner of a
 * leaf node can reach nothing else.
 */
export function natsHubAccountsOf(
  operators: readonly Hex[],
  passwordOf: (user: string) => string,
  used: readonly Role[] = roles,
) {
  const { jetstream, users } = natsAccountsOf(busIdentities([]), passwordOf)[natsAccount];
  const subjects = [...new Set(operators.flatMap((operator) => subjectsOf(operator, used)))].sort();
  const exports = subjects.map((service) => ({
    service,
    accounts: operators.filter((one) => subjectsOf(one, used).includes(service)).map(accountOfOperator),
    ...(isPull(service) ? { response_type: 'stream', response_threshold: pullAnswerTime } : {}),
  }));
  const joined = operators.map((operator) => {
    const user = leafUserOf(operator);
    const imports = subjectsOf(operator, used).map((subject) => ({
      service: { account: natsAccount, subject },
      to: onTheLink(subject),
    }));
    return [accountOfOperator(operator), { users: [{ user, password: passwordOf(user) }], imports }] as const;
  });
  return { [natsAccount]: { jetstream, users, exports }, ...Object.fromEntries(joined) } as const;
}

/**
 * The account of an operator's leaf node: its validators with the same permissions as at the network's own servers.
 * They use the usual names. The server checks the names on the link, so both are permitted.
 */
export function natsLeafAccountsOf(operator: Hex, passwordOf: (user: string) => string, used: readonly Role[] = roles) {
  const users = validatorIdentities(operator, used).map((one) => {
    const { permissions, ...user } = natsUserOf(one, passwordOf(busUserOf(one)));
    const allow = [...new Set(permissions.publish.allow.flatMap((subject) => [subject, onTheLink(subject)]))];
    return { ...user, permissions: { ...permissions, publish: { allow } } };
  });
  const mappings = Object.fromEntries(keptSubjects.map((kept) => [`${kept}>`, `${hubPrefix}${kept}>`]));
  return { [natsAccount]: { users, mappings } } as const;
}

function subjectsOf(operator: Hex, used: readonly Role[]): string[] {
  return [...new Set(validatorIdentities(operator, used).flatMap((one) => busPermissionsOf(one).publish))].sort();
}

function onTheLink(subject: string): string {
  return keptSubjects.some((kept) => subject.startsWith(kept)) ? `${hubPrefix}${subject}` : subject;
}

/** A pull has many replies; every other request has one. */
function isPull(subject: string): boolean {
  return subject.startsWith('$JS.API.CONSUMER.MSG.NEXT.');
}

function natsUserOf(identity: BusIdentity, password: string): NatsUser {
  const { publish, subscribe, answers } = busPermissionsOf(identity);
  return {
    user: busUserOf(identity),
    password,
    permissions: {
      publish: { allow: publish },
      subscribe: { allow: subscribe },
      ...(answers ? { allow_responses: { max: 1, expires: '30s' } } : {}),
    },
  };
}
