/**
 * Networks and parts run with the primitives that services run with, and as fast. The project `pure` has the portable
 * ones, which are the reference.
 */
import { useFastPrimitives } from '@assay/adapters/keys/fast-primitives';

await useFastPrimitives();
