/**
 * Asks a sealed question on the network that runs from this folder, and proves the report:
 *
 *     npm run assay -- up --operators 1                 # in another terminal
 *     node examples/sealed-question/main.ts "What is the capital of France?"
 */
import { readFile } from 'node:fs/promises';
import { startMiner } from './miner.ts';
import { ask } from './user.ts';

/** Two funded accounts of every local chain; everybody knows their keys. */
const userKey = '0x4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356';
const minerKey = '0xdbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97';

const network = JSON.parse(await readFile('.assay/network.json', 'utf8'));
const miner = await startMiner(network, minerKey);
const { report, proven } = await ask(network, userKey, miner, process.argv[2] ?? 'What is the capital of France?');
for (const { verdict } of report?.results ?? []) console.log(verdict, proven ? 'proven on chain' : 'not proven');
