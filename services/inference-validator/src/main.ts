/** The inference validator: checks whether a text is one that the named model would have written. */
import { entryBeside } from '@assay/adapters/process/entry-file';
import { runValidator } from '@assay/composition/run-validator';
import { scoreCheck } from '@assay/composition/score-check';
import { settings } from './config.ts';

await runValidator({
  role: 'inference',
  settings,
  environment: process.env,
  check: scoreCheck(entryBeside(import.meta.url, 'check-thread')),
});
