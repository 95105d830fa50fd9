/** Digest of the sources that these files were generated from. */
export const generatedFrom = 'cb431d3d7ad8953ddfcd35a3e88eea023ecbd3aecab305a9f8d2bdb660edd249';

/** Digest of these files as they were generated. */
export const generatedAs = '22e0d9d1c63fae011040c26e11f1e924637e95b34d9595cfed70349e4f084f98';
