/** Digest of the sources that these files were generated from. */
export const generatedFrom = 'd95961b2bd54b626911a5600bdce97eb03ae320b6136a87524cf6fbde3b4d61a';

/** Digest of these files as they were generated. */
export const generatedAs = '65fceead385cfc6007a962f6bc8c4b827f777db80239f76c7329fd59f21bebd7';
