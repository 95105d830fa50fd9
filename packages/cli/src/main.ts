#!/usr/bin/env node
/** The `assay` command. Its help and its errors of use load no command's code. */
import { errorText } from '@assay/protocol/error-text';
import { Command } from 'commander';
import { addAgentCommands } from './agents/program.ts';
import { addKeyCommands } from './api-keys/program.ts';
import { addArchiveCommand } from './archive/program.ts';
import { addAuditCommands } from './audit/program.ts';
import { addCalibrateCommand } from './calibration/program.ts';
import { addCalibrationDataCommand } from './calibration-data/program.ts';
import { addBenchCommands } from './commands/bench-command.ts';
import { UsageError } from './commands/usage-error.ts';
import { addContentCommands } from './content/program.ts';
import { addCostCommand } from './cost/program.ts';
import { addEquivocationCommand, addWatchtowerCommand } from './equivocation/program.ts';
import { paint } from './output/terminal.ts';
import { addDeploymentCommands } from './program/deployment-program.ts';
import { addInstallCommands } from './program/install-program.ts';
import { addNetworkCommands } from './program/network-program.ts';
import { addPaymentCommands } from './program/payments-program.ts';
import { addPolicyCommands } from './program/policy-program.ts';
import { addProofCommands } from './program/proof-program.ts';
import { addRouterCommands } from './program/router-program.ts';
import { setUpFirst } from './program/set-up-first.ts';
import { addValidateCommands } from './program/validate-program.ts';
import { addQuestionCommands } from './questions/program.ts';

// Otherwise ONNX Runtime reports usage to its vendor.
process.env.ORT_DISABLE_TELEMETRY ??= '1';

// Whoever reads the output may stop before the end: `assay --help | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => stopping.abort(new UsageError('stopped')));

const context = {
  signal: stopping.signal,
  exit: (code: number) => {
    process.exitCode = code;
  },
};

const program = new Command('assay')
  .description('A validation oracle for decentralised AI inference.')
  .addHelpText('after', '\nExamples:\n  $ assay demo\n  $ assay validate answers.jsonl --json\n  $ assay up')
  .showHelpAfterError('Run "assay <command> --help" for examples.')
  .exitOverride()
  .hook('preAction', () => setUpFirst(process.env, stopping.signal));

addNetworkCommands(program, context);
addValidateCommands(program, context);
addProofCommands(program, context);
addRouterCommands(program, context);
addQuestionCommands(program, context);
addKeyCommands(program, context);
addContentCommands(program, context);
addAgentCommands(program, context);
addCalibrateCommand(program, context);
addCalibrationDataCommand(program, context);
await addBenchCommands(program, context);
addEquivocationCommand(program, context);
addWatchtowerCommand(program, context);
addArchiveCommand(program, context);
addAuditCommands(program, context);
addDeploymentCommands(program, context);
addPolicyCommands(program, context);
addPaymentCommands(program, context);
addInstallCommands(program, context);
addCostCommand(program, context);

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}
// Open handles, such as keep-alive sockets, must not keep a finished command running. Not immediately, because
// `process.exit` can hang while V8 compiles in the background.
setTimeout(() => process.exit(), 200).unref();

/** 0 help, 2 wrong use, 130 stopped by the user, 1 any other failure; prints the reason in one line. */
function exitCodeOf(error: unknown): number {
  if (stopping.signal.aborted) return 130;
  if (error instanceof Error && 'code' in error && String(error.code).startsWith('commander.')) {
    return String(error.code).includes('help') || String(error.code).includes('version') ? 0 : 2;
  }
  process.stderr.write(`${paint('red', 'assay', process.stderr)}: ${errorText(error)}\n`);
  return error instanceof UsageError ? 2 : 1;
}
