/** The users of NATS as values of its chart, from the table of permissions. */
import { natsAccountsOf, natsHubAccountsOf, natsLeafAccountsOf } from '@assay/adapters/nats/accounts';
import { busIdentities } from '@assay/protocol/bus/permissions';
import type { Hex } from '@assay/protocol/encoding/bytes';

/** Where the server finds a user's password: a variable of its environment, filled in from a Secret. It holds a bcrypt hash. */
export function passwordVariable(user: string): string {
  return `BUS_PASSWORD_${user.toUpperCase().replaceAll('-', '_')}`;
}

/** The chart's mark for text that goes into the configuration without quotes, as a reference to the environment must. */
const byReference = (user: string) => `<< $${passwordVariable(user)} >>`;

/** Chart values of the network's cluster where operators come by leaf nodes. */
export function natsHubValues(operators: readonly Hex[]): object {
  return withSystemAccount(natsHubAccountsOf(operators, byReference));
}

/** Chart values of a cluster at which every validator logs in by itself. */
export function natsDirectValues(operators: readonly Hex[]): object {
  return withSystemAccount(natsAccountsOf(busIdentities(operators), byReference));
}

/** Chart values of an operator's leaf node. */
export function natsLeafValues(operator: Hex): object {
  return withSystemAccount(natsLeafAccountsOf(operator, byReference));
}

function withSystemAccount(accounts: object): object {
  return { config: { merge: { accounts: { ...accounts, SYS: { users: [] } }, system_account: 'SYS' } } };
}
