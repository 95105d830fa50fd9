/** Digest of the sources that these files were generated from. */
export const generatedFrom = '2ad29c7a0754e8b356f898a3f9acac94f648e8f3698ab2167afd135094a1a3fc';

/** Digest of these files as they were generated. */
export const generatedAs = '57172b40776c14f0c4c6b8e666c794f283f64b69f007e5b894be14f70ed2710b';
