/** The users of NATS as values for its chart, from the bus permissions. */
import { natsAccountsOf, natsHubAccountsOf, natsLeafAccountsOf } from '@assay/adapters/nats/accounts';
import { busIdentities } from '@assay/protocol/bus/permissions';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { deployedRoles } from './deployed-roles.ts';

/** The environment variable of the server with a user's bcrypt password hash, set from a Secret. */
function passwordVariable(user: string): string {
  return `BUS_PASSWORD_${user.toUpperCase().replaceAll('-', '_')}`;
}

/** The chart's marker for unquoted text in the configuration, which a reference to the environment needs. */
const byReference = (user: string) => `<< $${passwordVariable(user)} >>`;

/** Chart values of the network's cluster if operators connect by leaf nodes. */
export function natsHubValues(operators: readonly Hex[]): object {
  return withSystemAccount(natsHubAccountsOf(operators, byReference, deployedRoles));
}

/** The same as a part of the server's own configuration, for a server that no chart installs. */
export function natsHubConfiguration(operators: readonly Hex[]): string {
  const accounts = { ...natsHubAccountsOf(operators, byReference, deployedRoles) };
  const text = JSON.stringify({ ...accounts, SYS: { users: [] } }, null, 1).replaceAll(/"<< (\$\w+) >>"/g, '$1');
  return `accounts: ${text}\nsystem_account: SYS\n`;
}

/** Chart values of a cluster at which every validator logs in directly. */
export function natsDirectValues(operators: readonly Hex[]): object {
  return withSystemAccount(natsAccountsOf(busIdentities(operators, { roles: deployedRoles }), byReference));
}

/** Chart values of an operator's leaf node. */
export function natsLeafValues(operator: Hex): object {
  return withSystemAccount(natsLeafAccountsOf(operator, byReference, deployedRoles));
}

function withSystemAccount(accounts: object): object {
  return { config: { merge: { accounts: { ...accounts, SYS: { users: [] } }, system_account: 'SYS' } } };
}
