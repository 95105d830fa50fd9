/** The worker thread of the embedding comparer: it holds the model, cuts texts, computes vectors and compares them. */
import { embedding } from '@assay/checks/roles/embedding';
import { serveVectorCheck } from '@assay/composition/serve-vector-check';

await serveVectorCheck(embedding);
