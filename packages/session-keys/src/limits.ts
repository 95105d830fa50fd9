/** Most bytes that one session message may have on the wire (UTF-8 JSON). The largest, `propose`, has about 1,000. */
export const MAX_MESSAGE_BYTES = 4_096;

/** Most bytes that a stored agreement state may have (UTF-8 JSON). A Method 2 state with all seven messages has about 6,000. */
export const MAX_STATE_BYTES = 32_768;

/** Most bytes of plain content that one sealed blob may hold: 16 MiB. */
export const MAX_CONTENT_BYTES = 16 * 1_024 * 1_024;

/** Most bytes (UTF-8) of a content's reference, the client's name for the task. */
export const MAX_REFERENCE_BYTES = 256;

/** Most content keys that one unseal request may ask for and one grant may carry. */
export const MAX_GRANTED_KEYS = 256;

/** Most characters of a content identifier. A CIDv1 of SHA-256 in base32 has 59. */
export const MAX_CID_LENGTH = 128;

/** Most bytes that an unseal request or a grant may have on the wire (UTF-8 JSON). */
export const MAX_GRANT_BYTES = 262_144;
