/** The embedding comparer: compares submissions by sentence embeddings. */
import { entryBeside } from '@assay/adapters/process/entry-file';
import { runValidator } from '@assay/composition/run-validator';
import { vectorCheck } from '@assay/composition/vector-check';
import { settings } from './config.ts';

// ONNX Runtime reports its use to its maker otherwise.
process.env.ORT_DISABLE_TELEMETRY ??= '1';

await runValidator({
  role: 'embedding',
  settings,
  environment: process.env,
  check: vectorCheck(entryBeside(import.meta.url, 'check-thread')),
});
