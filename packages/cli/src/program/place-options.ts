/** Where bus and contracts are, on the command line: options that several commands share, and their values. */
import type { Hex } from '@assay/protocol/encoding/bytes';
import { type Command, InvalidArgumentError } from 'commander';

/** The URL of an HTTP endpoint, as it was written. Throws commander's error of a wrong value. */
export function urlOption(text: string): string {
  const url = URL.parse(text);
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:')) return text;
  throw new InvalidArgumentError('It must be a URL such as http://127.0.0.1:8080.');
}

/** One such URL, or several with commas between them. */
export function urlsOption(text: string): string {
  for (const one of text.split(',')) urlOption(one.trim());
  return text;
}

/** An address in lower case. Throws commander's error of a wrong value. */
export function addressOption(text: string): string {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) throw new InvalidArgumentError('It must be 0x and 40 hexadecimal digits.');
  return text.toLowerCase();
}

/** The id of a task or question in lower case. Throws commander's error of a wrong value. */
export function idArgument(text: string): Hex {
  if (/^0x[0-9a-fA-F]{64}$/.test(text)) return text.toLowerCase() as Hex;
  throw new InvalidArgumentError('It must be 0x and 64 hexadecimal digits.');
}

/** Adds the options by which a command reaches the bus as a user of NATS. `servers` says where they are without `--nats`. */
export function busOptions(command: Command, servers = 'NATS_URL'): Command {
  return command
    .option('--nats <urls>', `NATS servers; by default ${servers}`)
    .option('--user <name>', 'NATS user', 'auditor')
    .option('--password-file <file>', 'file with the password of that user')
    .option('--ca-file <file>', 'CA certificates for NATS; switches TLS on');
}

/**
 * Adds the options that name the chain, the contracts that the caller trusts, and the policies. `policies` says what
 * `--policies` may be.
 */
export function contractOptions(command: Command, policies = 'policy file of the epoch'): Command {
  return command
    .requiredOption('--rpc <url>', 'JSON-RPC endpoint of the chain', urlsOption)
    .requiredOption('--hub <address>', 'AssayHub contract that you trust', addressOption)
    .requiredOption('--registry <address>', 'ValidatorRegistry contract that you trust', addressOption)
    .option('--policies <file>', `${policies}; by default the shipped one`);
}
