/** Does a prompt ask for something of which there are many good versions? Then a name that others have proves nothing. */

/** UTF-16 units of the beginning and of the end of a prompt that are looked at. */
const lookedAt = 400;

/** Requests for a text, ideas or an opinion, at the beginning of a sentence or line, after a polite opening or without one. */
const openRequest = new RegExp(
  String.raw`(?:^|[.!?:\n]\s*|,\s*)(?:please |kindly |now |then |could you |can you |would you |will you |i (?:want|need|would like|'d like) you to |help me (?:to )?)?` +
    String.raw`(?:write|compose|draft|create|generate|suggest|propose|recommend|brainstorm|invent|imagine|tell me (?:a|an) (?:story|joke|poem)|come up with|summari[sz]e|rewrite|rephrase|paraphrase|shorten|describe|discuss|design|plan|outline|code|implement|give me (?:some )?(?:ideas|tips|advice|suggestions)|make up)\b`,
  'iu',
);
/** Questions for an opinion or advice. */
const openQuestion =
  /\b(?:what (?:do|would|are) (?:you|your|some)\b|what's your|in your opinion|do you (?:think|prefer|like)|should i\b|how (?:can|should|would|do) (?:i|you|we)\b|(?:any|some) (?:ideas|tips|advice|suggestions|recommendations)\b|pros and cons|best way to)/iu;

/** True for requests for creative texts, summaries, code, ideas, advice and opinions, in English. */
export function isOpenPrompt(prompt: string): boolean {
  const looked = prompt.length <= 2 * lookedAt ? prompt : `${prompt.slice(0, lookedAt)}\n${prompt.slice(-lookedAt)}`;
  const plain = looked.replaceAll('’', "'");
  return openRequest.test(plain) || openQuestion.test(plain);
}
