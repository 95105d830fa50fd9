/** The worker thread of the inference validator: it judges log-probabilities, so that the process stays responsive. */
import { inference } from '@assay/checks/roles/inference';
import { serveScoreCheck } from '@assay/composition/serve-score-check';

serveScoreCheck(inference);
