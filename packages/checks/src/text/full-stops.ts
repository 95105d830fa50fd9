/**
 * Characters that end a sentence whether or not a blank follows: of Chinese and Japanese, Hindi, Arabic and Urdu, Armenian,
 * Amharic, Burmese and Khmer (Unicode's `Sentence_Terminal`). For a character class of a pattern.
 */
export const fullStops = '。！？।॥؟۔։።။៕';
