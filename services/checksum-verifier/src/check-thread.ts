/** The worker thread of the checksum verifier: it hashes contents, so that the process stays responsive. */
import { checksum } from '@assay/checks/roles/checksum';
import { serveContentCheck } from '@assay/composition/serve-content-check';

serveContentCheck(checksum);
