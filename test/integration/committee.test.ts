/** A committee drawn on a real chain, and checked by an independent party. */
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ServerProcess, startAnvil, startNats } from '@assay/adapters/process/server-programs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assayProgram } from './assay-program.ts';
import { temporaryFolder } from './temporary-folder.ts';

const seats = 4;

describe('a network whose pool is larger than its committee', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let servers: ServerProcess[];
  let rpc: string;
  let told: {
    hub: string;
    registry: string;
    operators: string[];
    committee: { members: { operator: string }[]; beacon: string };
  };

  const assay = (...args: string[]) => spawnSync(process.execPath, [...assayProgram(), ...args], { encoding: 'utf8' });
  /** Checks a draw against the chain. */
  const check = async (draw: unknown) => {
    const file = join(folder.path, 'draw.json');
    await writeFile(file, JSON.stringify(draw));
    const { stdout, status } = assay(
      'committee',
      file,
      '--json',
      '--rpc',
      rpc,
      '--hub',
      told.hub,
      '--registry',
      told.registry,
    );
    return { status, ...(JSON.parse(stdout) as { members: string[]; wrong: string[] }) };
  };

  beforeAll(async () => {
    folder = await temporaryFolder();
    const [nats, anvil] = await Promise.all([startNats({ dir: join(folder.path, 'nats') }), startAnvil()]);
    servers = [nats, anvil];
    rpc = anvil.url;
    const where = ['--keys', join(folder.path, 'keys'), '--rpc', rpc, '--servers', nats.url];
    const { stdout } = assay('set-up', ...where, '--operators', '9', '--committee', String(seats));
    told = JSON.parse(stdout);
  });

  afterAll(async () => {
    await Promise.all(servers.map((server) => server.stop()));
    await folder.remove();
  });

  it('has the drawn operators as its first epoch, by the beacon of a block', async () => {
    expect(told.operators).toHaveLength(9);
    const { status, members, wrong } = await check(told);
    expect([status, wrong]).toEqual([0, []]);
    expect(members).toEqual(told.committee.members.map(({ operator }) => operator));
    expect(members).toHaveLength(seats);
  });

  it.each([
    ['another beacon', () => ({ ...told.committee, beacon: `0x${'11'.repeat(32)}` }), /has the beacon/],
    ['another member', () => ({ ...told.committee, members: told.committee.members.slice(1) }), /members of the file/],
    [
      'a member that was away',
      () => ({ ...told.committee, offline: told.committee.members.slice(0, 1).map(({ operator }) => operator) }),
      /members on chain/,
    ],
  ])('is detected with %s', async (_, draw, reason) => {
    const { status, wrong } = await check(draw());
    expect(status).toBe(1);
    expect(wrong.join('\n')).toMatch(reason);
  });
});
