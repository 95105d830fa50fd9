/** Digest of the sources that these files were generated from. */
export const generatedFrom = '5396eee0cb91cca6f411b428003d1e266d4df6049fa48757723a4b586c1ef2f7';

/** Digest of these files as they were generated. */
export const generatedAs = '482109b467247c09644e0f95ca47da436336178d2d7516ecf1611756c27e656e';
