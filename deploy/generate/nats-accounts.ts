/** The users of NATS as values of its chart, from the table of permissions. */
import { natsAccountsOf } from '@assay/adapters/nats-accounts';
import { busIdentities } from '@assay/protocol/bus-permissions';
import type { Hex } from '@assay/protocol/bytes';

/** Where the server finds a user's password: a variable of its environment, filled in from a Secret. It holds a bcrypt hash. */
export function passwordVariable(user: string): string {
  return `BUS_PASSWORD_${user.toUpperCase().replaceAll('-', '_')}`;
}

/** The chart's mark for text that goes into the configuration without quotes, as a reference to the environment must. */
const unquoted = (text: string) => `<< ${text} >>`;

/** Chart values of the network's cluster: the accounts, with each password by reference. */
export function natsAccountValues(operators: readonly Hex[]): object {
  const accounts = natsAccountsOf(busIdentities(operators), (user) => unquoted(`$${passwordVariable(user)}`));
  return { config: { merge: { accounts: { ...accounts, SYS: { users: [] } }, system_account: 'SYS' } } };
}
