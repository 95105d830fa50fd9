/** The checksum verifier: checks content against CIDs and commitments. */
import { entryBeside } from '@assay/adapters/process/entry-file';
import { contentCheck } from '@assay/composition/content-check';
import { runValidator } from '@assay/composition/run-validator';
import { settings } from './config.ts';

await runValidator({
  role: 'checksum',
  settings,
  environment: process.env,
  check: contentCheck(entryBeside(import.meta.url, 'check-thread')),
});
