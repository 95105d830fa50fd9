/** The accounts of a NATS server: one user for each identity of the network, with the permissions of the table. */
import { type BusIdentity, busPermissionsOf, busUserOf } from '@assay/protocol/bus-permissions';

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
