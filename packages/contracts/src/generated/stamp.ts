/** Digest of the sources that these files were generated from. */
export const generatedFrom = '26e92e534bbcd74bab0c2e6d39dd7b2f3490e0a7f9b58ca80a96973de87ca38c';

/** Digest of these files as they were generated. */
export const generatedAs = '65fceead385cfc6007a962f6bc8c4b827f777db80239f76c7329fd59f21bebd7';
