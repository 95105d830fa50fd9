/** The `assay` command. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { paint } from './account/terminal.ts';
import { benchConsensus } from './bench/consensus/consensus.ts';
import { benchGas } from './bench/gas.ts';
import { benchKeysCommand } from './bench/keys-command.ts';
import { benchQuality } from './bench/quality.ts';
import { benchTelemetry } from './bench/telemetry.ts';
import { judgeCommand } from './commands/judge-command.ts';
import { provisionCommand } from './commands/provision-command.ts';
import { reportCommand } from './commands/report-command.ts';
import { setUpCommand } from './commands/set-up-command.ts';
import { upCommand } from './commands/up-command.ts';
import { UsageError } from './commands/usage-error.ts';
import { readTaskFile } from './tasks/task-file.ts';

const demoTasks = join(fileURLToPath(new URL('../../../', import.meta.url)), 'test', 'fixtures', 'tasks.jsonl');

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => stopping.abort(new UsageError('stopped')));

function countBetween(least: number, most: number) {
  return (text: string): number => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

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
    const all = await readTaskFile(demoTasks);
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
  .option('--sealed <n>', 'how many of the tasks go sealed under session keys', countBetween(0, 1000), 0)
  .addHelpText(
    'after',
    '\nA line: {"task":"t1","prompt":"…","submissions":[{"miner":"m1","output":"…","commitment":"sha256:…","label":"honest"}, …]}\nmodel, commitment and label are optional; with labels the confusion matrix is added.\n\nExamples:\n  $ assay validate answers.jsonl\n  $ assay validate answers.jsonl --json --out verdicts.jsonl',
  )
  .action(async (file: string, options) =>
    exit(await judgeCommand(await readTaskFile(file), { ...options, signal: stopping.signal })),
  );

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

const bench = program.command('bench').description('measure: quality of the checks, speed, cost');

bench
  .command('quality')
  .description('how well the checks tell honest answers from attacks')
  .argument('<file>', 'labelled tasks, one JSON object a line')
  .option('--policy <name>', 'policy to judge by', 'standard')
  .option('--policies <file>', 'policy file other than the shipped one')
  .option('--plot <file.svg>', 'write the curves of the three roles as a picture')
  .option('--json', 'print one JSON object', false)
  .addHelpText(
    'after',
    '\nExamples:\n  $ assay bench quality test/fixtures/tasks.jsonl\n  $ assay bench quality answers.jsonl --plot roc.svg --json',
  )
  .action(async (file: string, options) => exit(await benchQuality(file, { ...options, signal: stopping.signal })));

bench
  .command('keys')
  .description('what a session costs: processor time, messages, wall time over NATS, gas')
  .option('--sessions <n>', 'sessions of each method whose processor time is measured', countBetween(1, 100_000), 1_000)
  .option('--json', 'print one JSON object', false)
  .addHelpText('after', '\nExamples:\n  $ assay bench keys\n  $ assay bench keys --sessions 200 --json')
  .action(async ({ sessions, json }) => exit(await benchKeysCommand({ sessions, json })));

bench
  .command('consensus')
  .description('from a task to its certificate without model and chain: latency, throughput, bare JetStream beside them')
  .option('--runs <n>', 'runs of each measurement; medians and spread are printed', countBetween(1, 25), 3)
  .option('--seconds <n>', 'how long each run is', countBetween(1, 600), 10)
  .option('--submissions <n>', 'submissions of each task', countBetween(1, 32), 7)
  .option('--mode <name...>', 'only these: well, one-silent, one-slow, one-silent-one-slow')
  .option('--batch-wait <ms>', 'how long a report waits for others to share its batch', countBetween(1, 10_000), 10)
  .option('--profile <folder>', 'write a CPU profile of each process of the network')
  .option('--json', 'print one JSON object', false)
  .addHelpText('after', '\nExamples:\n  $ assay bench consensus\n  $ assay bench consensus --mode well --runs 1 --json')
  .action(async ({ mode, ...options }) =>
    exit(await benchConsensus({ ...options, modes: mode, signal: stopping.signal })),
  );

bench
  .command('gas')
  .description('what certificates, verdicts and proofs cost on a real EVM chain')
  .option('--json', 'print one JSON object', false)
  .addHelpText('after', '\nExamples:\n  $ assay bench gas\n  $ assay bench gas --json')
  .action(async (options) => exit(await benchGas({ ...options, signal: stopping.signal })));

bench
  .command('telemetry')
  .description('what traces, metrics and logs cost: two networks in one run, one without them')
  .option('--operators <n>', 'operators of each network', countBetween(1, 16), 4)
  .option('--tasks <n>', 'tasks of a block', countBetween(1, 1_000), 24)
  .option('--rounds <n>', 'pairs of blocks', countBetween(1, 1_000), 8)
  .option('--json', 'print one JSON object', false)
  .addHelpText(
    'after',
    '\nExamples:\n  $ assay bench telemetry\n  $ assay bench telemetry --operators 1 --rounds 20 --json',
  )
  .action(async ({ tasks, ...options }) => {
    const all = await readTaskFile(demoTasks);
    exit(await benchTelemetry({ ...options, tasks: all.slice(0, tasks), signal: stopping.signal }));
  });

program
  .command('set-up')
  .description('prepare a fresh local chain and NATS for services that run elsewhere: keys, contracts, streams')
  .requiredOption('--keys <folder>', 'folder for the key files')
  .requiredOption('--rpc <url>', 'JSON-RPC endpoint of a fresh anvil')
  .option('--servers <urls>', 'NATS servers; by default NATS_URL')
  .option('--operators <n>', 'operators', countBetween(1, 16), 1)
  .option('--aggregators <n>', 'aggregators, each with an account that pays', countBetween(1, 8), 1)
  .option('--owner <uid>', 'user id that the key files are given to', countBetween(0, 4_000_000_000))
  .addHelpText(
    'after',
    '\nExample:\n  $ assay set-up --keys ./keys --rpc http://127.0.0.1:8545 --servers nats://127.0.0.1:4222',
  )
  .action(async (options) => exit(await setUpCommand(options, process.env)));

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
  process.stderr.write(
    `${paint('red', 'assay', process.stderr)}: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  return error instanceof UsageError ? 2 : 1;
}
