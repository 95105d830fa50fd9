/** The `assay` command. */
import { errorText } from '@assay/protocol/error-text';
import { Command } from 'commander';
import { paint } from './account/terminal.ts';
import { addCalibrateCommand } from './calibration/program.ts';
import { addBenchCommands } from './commands/bench-command.ts';
import { chunksCommand } from './commands/chunks-command.ts';
import { committeeCommand } from './commands/committee-command.ts';
import { countBetween } from './commands/count-between.ts';
import { judgeCommand } from './commands/judge-command.ts';
import { provisionCommand } from './commands/provision-command.ts';
import { reportCommand } from './commands/report-command.ts';
import { setUpCommand } from './commands/set-up-command.ts';
import { upCommand } from './commands/up-command.ts';
import { UsageError } from './commands/usage-error.ts';
import { addEquivocationCommand } from './equivocation/program.ts';
import { demoTasksFile, readTaskFile } from './tasks/task-file.ts';

// ONNX Runtime reports its use to its maker otherwise.
process.env.ORT_DISABLE_TELEMETRY ??= '1';

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => stopping.abort(new UsageError('stopped')));

const networkSize = (command: Command) =>
  command
    .option('--operators <n>', 'operators, each with the three validators', countBetween(1, 16), 4)
    .option('--replicas <n>', 'processes of each operator and role', countBetween(1, 8), 1)
    .option('--json', 'print one JSON object at the end instead of the account', false);

const program = new Command('assay')
  .description('A validation oracle for decentralised AI inference.')
  .addHelpText('after', '\nExamples:\n  $ assay demo\n  $ assay validate answers.jsonl --json\n  $ assay up')
  .showHelpAfterError('Run "assay <command> --help" for examples.')
  .exitOverride();

networkSize(program.command('up').description('start a local network and keep it up until Ctrl-C'))
  .option('--aggregators <n>', 'consensus aggregators', countBetween(1, 8), 2)
  .option('--policies <file>', 'policy file other than the shipped one')
  .addHelpText('after', '\nExamples:\n  $ assay up\n  $ assay up --operators 7 --replicas 2')
  .action(async (options) => exit(await upCommand({ ...options, signal: stopping.signal })));

networkSize(
  program.command('demo').description('start a local network, judge the demo tasks, show what happened, stop'),
)
  .option('--out <file>', 'write one JSON line for each submission')
  .option('--sealed <n>', 'how many of the tasks go sealed under session keys', countBetween(0, 1000), 2)
  .option('--tasks <n>', 'only the first n of the demo tasks', countBetween(1, 10_000))
  .addHelpText(
    'after',
    '\nExamples:\n  $ assay demo\n  $ assay demo --tasks 5 --json\n  $ assay demo --out verdicts.jsonl',
  )
  .action(async ({ tasks, ...options }) => {
    const all = await readTaskFile(demoTasksFile);
    exit(
      await judgeCommand(all.slice(0, tasks ?? all.length), {
        ...options,
        policy: 'standard',
        signal: stopping.signal,
      }),
    );
  });

networkSize(
  program
    .command('validate')
    .description('judge the tasks of a file on a local network')
    .argument('<file>', 'one JSON object a line'),
)
  .option('--out <file>', 'write one JSON line for each submission')
  .option('--policy <name>', 'policy to judge by', 'standard')
  .option('--policies <file>', 'policy file other than the shipped one')
  .option('--sealed <n>', 'how many of the tasks go sealed under session keys', countBetween(0, 1000), 0)
  .addHelpText(
    'after',
    '\nA line: {"task":"t1","prompt":"…","submissions":[{"miner":"m1","output":"…","commitment":"sha256:…","label":"honest"}, …]}\nmodel, commitment and label are optional; with labels the confusion matrix is added.\n\nExamples:\n  $ assay validate answers.jsonl\n  $ assay validate answers.jsonl --json --out verdicts.jsonl',
  )
  .action(async (file: string, options) =>
    exit(await judgeCommand(await readTaskFile(file), { ...options, signal: stopping.signal })),
  );

program
  .command('chunks')
  .description('the Merkle root over the chunks of an output; with a second file, the first chunk in which they differ')
  .argument('<file>', 'an output, or a tree that --json printed (.json)')
  .argument('[other]', 'another output, or another miner’s tree (.json)')
  .option('--json', 'print one JSON object; of one file it is the tree, to be sent instead of the output', false)
  .addHelpText(
    'after',
    '\nExamples:\n  $ assay chunks answer.txt\n  $ assay chunks answer.txt --json > tree.json\n  $ assay chunks mine.txt tree.json',
  )
  .action(async (file: string, other: string | undefined, options) => exit(await chunksCommand(file, other, options)));

program
  .command('report')
  .description('fetch a certified report and prove it against the chain')
  .argument('<taskId>', '0x and 64 hexadecimal digits')
  .option('--gateway <url>', 'gateway; by default that of the network that runs from this folder')
  .option('--rpc <url>', 'JSON-RPC endpoint of the chain')
  .option('--hub <address>', 'AssayHub contract that you trust')
  .option('--registry <address>', 'ValidatorRegistry contract that you trust')
  .option('--wait <seconds>', 'wait for the report', countBetween(0, 30), 0)
  .option('--json', 'print one JSON object', false)
  .addHelpText(
    'after',
    '\nExamples:\n  $ assay report 0x5f…c2\n  $ assay report 0x5f…c2 --gateway http://127.0.0.1:8080 --rpc http://127.0.0.1:8545 --hub 0x… --registry 0x…',
  )
  .action(async (taskId: string, { wait, ...options }) =>
    exit(await reportCommand(taskId, { ...options, waitMs: wait * 1000 })),
  );

addCalibrateCommand(program, { signal: stopping.signal, exit });
await addBenchCommands(program, { signal: stopping.signal, exit });
addEquivocationCommand(program, { signal: stopping.signal, exit });

program
  .command('set-up')
  .description('prepare a fresh local chain and NATS for services that run elsewhere: keys, contracts, streams')
  .requiredOption('--keys <folder>', 'folder for the key files')
  .requiredOption('--rpc <url>', 'JSON-RPC endpoint of a fresh anvil')
  .option('--servers <urls>', 'NATS servers; by default NATS_URL')
  .option('--operators <n>', 'operators', countBetween(1, 16), 1)
  .option('--committee <n>', 'draw a committee of so many of the operators, by stake', countBetween(1, 16))
  .option('--aggregators <n>', 'aggregators, each with an account that pays', countBetween(1, 8), 1)
  .option('--owner <uid>', 'user id that the key files are given to', countBetween(0, 4_000_000_000))
  .addHelpText(
    'after',
    '\nExample:\n  $ assay set-up --keys ./keys --rpc http://127.0.0.1:8545 --servers nats://127.0.0.1:4222',
  )
  .action(async (options) => exit(await setUpCommand(options, process.env)));

program
  .command('committee')
  .description('draw the committee of an epoch again from its beacon, and say whether the written one is it')
  .argument('<file>', 'a draw: what "assay set-up --committee" printed, or its own JSON')
  .option('--rpc <url>', 'JSON-RPC endpoint of the chain: its block must have the beacon')
  .option('--hub <address>', 'AssayHub contract that you trust')
  .option('--registry <address>', 'ValidatorRegistry contract that you trust: its epoch must have the members')
  .option('--json', 'print one JSON object', false)
  .addHelpText(
    'after',
    '\nA draw: {"beacon":"0x…","blockNumber":12,"epoch":1,"size":21,"pool":[{"operator":"0x…","weight":"100"}, …],"offline":["0x…"],"members":[…]}\nblockNumber, offline and members are optional.\n\nExamples:\n  $ assay committee draw.json\n  $ assay committee draw.json --rpc http://127.0.0.1:8545 --hub 0x… --registry 0x…',
  )
  .action(async (file: string, options) => exit(await committeeCommand(file, options)));

program
  .command('provision')
  .description('make the streams, buckets and durable consumers of a network on NATS; safe to run again')
  .requiredOption('--operators-file <file>', 'JSON array of the operators’ addresses')
  .option('--servers <urls>', 'NATS servers; by default NATS_URL')
  .option('--copies <n>', 'copies of each stream; by default NATS_REPLICAS, or 1', countBetween(1, 5))
  .option('--password-file <file>', 'file with the password of the user "provisioner"')
  .option('--ca-file <file>', 'certificates that NATS is trusted by; sets TLS')
  .addHelpText(
    'after',
    '\nExample:\n  $ assay provision --servers nats://nats:4222 --operators-file operators.json --copies 3',
  )
  .action(async (options) => exit(await provisionCommand(options, process.env)));

function exit(code: number): void {
  process.exitCode = code;
}

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}
// What is left open (sockets that are kept alive) must not keep a finished command. Not at once: `process.exit` can hang
// while V8 compiles in the background.
setTimeout(() => process.exit(), 200).unref();

/** 0 help, 2 wrong use, 130 stopped by the user, 1 anything else; says why in one line. */
function exitCodeOf(error: unknown): number {
  if (stopping.signal.aborted) return 130;
  if (error instanceof Error && 'code' in error && String(error.code).startsWith('commander.')) {
    return String(error.code).includes('help') || String(error.code).includes('version') ? 0 : 2;
  }
  process.stderr.write(`${paint('red', 'assay', process.stderr)}: ${errorText(error)}\n`);
  return error instanceof UsageError ? 2 : 1;
}
