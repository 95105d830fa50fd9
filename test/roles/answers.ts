/** Answers to the question for France's capital: one that is short, one of 72 words, and one without a word. */
const sentence = 'Paris is the capital of France.';
export const answers = [sentence, Array.from({ length: 12 }, () => sentence).join(' '), ' \n '];
