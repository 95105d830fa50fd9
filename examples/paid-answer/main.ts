/**
 * Asks the Router of the network that runs from this folder, and pays if the network accepts an answer:
 *
 *     npm run assay -- up --operators 1 --paid          # in another terminal
 *     node examples/paid-answer/main.ts "What is 112 + 391?"
 */
import { readFile } from 'node:fs/promises';
import OpenAI from 'openai';
import { payingClient } from './payer.ts';

/** The account that has the trial dollars of every local network; everybody knows its key. */
const payerKey = '0x2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6';

const { openaiBaseUrl, price } = JSON.parse(await readFile('.assay/network.json', 'utf8'));
const client = payingClient(openaiBaseUrl, {
  privateKey: payerKey,
  network: 'eip155:31337',
  asset: price.token,
  maxAmountPerPayment: '10000',
});
const content = process.argv[2] ?? 'What is 112 + 391?';
try {
  const answer = await client.chat.completions.create({
    model: 'assay-stand-in',
    messages: [{ role: 'user', content }],
  });
  console.log(answer.choices[0]?.message.content);
  console.log('payment', Reflect.get(answer, 'assay').payment);
} catch (error) {
  if (!(error instanceof OpenAI.APIError)) throw error;
  console.log(error.message);
}
