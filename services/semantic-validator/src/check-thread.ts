/** The worker thread of the semantic validator: it analyses texts, so that the process stays responsive. */
import { semantic } from '@assay/checks/roles/semantic';
import { serveContentCheck } from '@assay/composition/serve-content-check';

serveContentCheck(semantic);
