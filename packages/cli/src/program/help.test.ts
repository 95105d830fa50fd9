/** The help text of every command: it can be printed, and says what the command does. */
import { Command } from 'commander';
import { expect, it } from 'vitest';
import { addAgentCommands } from '../agents/program.ts';
import { addKeyCommands } from '../api-keys/program.ts';
import { addArchiveCommand } from '../archive/program.ts';
import { addCalibrateCommand } from '../calibration/program.ts';
import { addCalibrationDataCommand } from '../calibration-data/program.ts';
import { addContentCommands } from '../content/program.ts';
import { addCostCommand } from '../cost/program.ts';
import { addEquivocationCommand, addWatchtowerCommand } from '../equivocation/program.ts';
import { addQuestionCommands } from '../questions/program.ts';
import { addDeploymentCommands } from './deployment-program.ts';
import { addInstallCommands } from './install-program.ts';
import { addNetworkCommands } from './network-program.ts';
import { addPaymentCommands } from './payments-program.ts';
import { addPolicyCommands } from './policy-program.ts';
import { addProofCommands } from './proof-program.ts';
import { addRouterCommands } from './router-program.ts';
import { addValidateCommands } from './validate-program.ts';

const adders = [
  addArchiveCommand,
  addNetworkCommands,
  addValidateCommands,
  addProofCommands,
  addRouterCommands,
  addQuestionCommands,
  addKeyCommands,
  addContentCommands,
  addAgentCommands,
  addCalibrateCommand,
  addCalibrationDataCommand,
  addEquivocationCommand,
  addWatchtowerCommand,
  addDeploymentCommands,
  addPolicyCommands,
  addPaymentCommands,
  addInstallCommands,
  addCostCommand,
];

it('every command prints its help, and says what it does', () => {
  const program = new Command('assay').description('all commands');
  for (const add of adders) add(program, { signal: new AbortController().signal, exit: () => undefined });
  const names: string[] = [];
  const visit = (command: Command, path: string) => {
    names.push(path);
    expect(command.description(), path).not.toBe('');
    expect(command.helpInformation(), path).toContain('Usage: assay');
    for (const inner of command.commands) visit(inner, `${path} ${inner.name()}`);
  };
  visit(program, 'assay');
  expect(names).toEqual(expect.arrayContaining(['assay watchtower', 'assay operator add', 'assay journal create']));
});
