/** Digest of the sources that these files were generated from. */
export const generatedFrom = 'f0344f0a0456b58cd09eedb121ee1cb2bd73b5021eafa563a6da62bb736db781';

/** Digest of these files as they were generated. */
export const generatedAs = '8103490dff3d4643e381bed444baf56d6e65fecd69fec5d30af1537ebd527eff';
