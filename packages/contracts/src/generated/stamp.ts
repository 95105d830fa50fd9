/** Digest of the sources that these files were generated from. */
export const generatedFrom = '8dafb9daae22ca2f7e94154e00885d1d92dd551537045ab5daca8c74d2fbca71';

/** Digest of these files as they were generated. */
export const generatedAs = '045b7216f9885cc936814e631c1fee054086180f805760e542f1b853beec5956';
