/** The semantic validator: checks whether a submission answers the prompt. */
import { entryBeside } from '@assay/adapters/process/entry-file';
import { contentCheck } from '@assay/composition/content-check';
import { runValidator } from '@assay/composition/run-validator';
import { settings } from './config.ts';

await runValidator({
  role: 'semantic',
  settings,
  environment: process.env,
  check: contentCheck(entryBeside(import.meta.url, 'check-thread')),
});
