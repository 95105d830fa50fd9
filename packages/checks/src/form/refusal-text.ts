/** Detects refusals. They count only if the others answered. */
import type { TextProfile } from '../text/text-profile.ts';

/** Number of characters examined at the beginning of a text. */
const openingChars = 400;

/**
 * Refusal phrases in several languages, matched on lower-case text in normal form. Backtracking is bounded in every
 * pattern.
 */
const patterns: readonly RegExp[] = [
  /\b(?:i|we)(?: am|'m| are|'re)? ?(?:really |very |so |sincerely )?(?:sorry|afraid|apologi[sz]e)\b.{0,60}\b(?:can't|cannot|can not|unable|not able|won't|isn't something|is not something|decline|not allowed|not permitted)/u,
  /\b(?:i|we) ?(?:can't|cannot|can not|could not|couldn't|won't|will not|'m not able to|am not able to|'m unable to|am unable to|would not be able to|am not in a position to|'m not in a position to) .{0,30}?\b(?:help|assist|answer|provide|discuss|comply|fulfil|fulfill|continue|support|respond|engage|complete|talk|share|give|offer|write|create|generate|produce|be answering)/u,
  /\b(?:i|we) (?:must|have to|need to|would rather|'d rather|will) (?:respectfully |politely |kindly )?(?:decline|pass on|refuse|refrain)/u,
  /\b(?:outside|beyond) (?:of )?(?:what i|my) (?:can|may|am|scope|capabilit|abilit|guideline)/u,
  /\bgoes? against (?:the|my|our) (?:\w+ ){0,2}(?:guidelines|policy|policies|rules|principles)/u,
  /\bich (?:kann|darf|möchte|werde) .{0,60}\bnicht\b.{0,40}\b(?:helfen|beantworten|unterstützen|weiterhelfen|geben|erfüllen|bearbeiten)/u,
  /\b(?:tut mir leid|bedauere|entschuldigung)\b.{0,60}\b(?:kann|darf|möglich|leider)/u,
  /\b(?:lo siento|lamento|disculpa|lamentablemente)\b.{0,80}\b(?:no puedo|no podemos|no me es posible|no estoy)/u,
  /\bno puedo (?:ayudar|responder|proporcionar|ofrecer|contestar|cumplir)/u,
  /\b(?:désolée?|je regrette|malheureusement)\b.{0,80}\b(?:ne peux|ne puis|ne suis pas|pas en mesure|impossible)/u,
  /\bje ne (?:peux|puis|suis) pas .{0,30}\b(?:aider|répondre|fournir|mesure|traiter|donner)/u,
  /(?:desculpe|lamento|sinto muito|infelizmente).{0,80}\b(?:não posso|não consigo|não é possível|não estou)/u,
  /\bnão posso (?:ajudar|responder|fornecer|atender)/u,
  /\b(?:mi dispiace|purtroppo)\b.{0,80}\bnon (?:posso|sono in grado)/u,
  /\b(?:het spijt me|helaas)\b.{0,80}\bniet\b/u,
  /(?:извините|к сожалению).{0,80}(?:не могу|не можем)/u,
  /(?:抱歉|对不起|很遗憾).{0,30}(?:不能|无法)/u,
  /(?:申し訳|すみません).{0,40}(?:できません|できない)/u,
];

/** True if the beginning of a text declines to answer. */
export function declines(text: TextProfile): boolean {
  const opening = text.text.slice(0, openingChars).toLowerCase().replaceAll('’', "'").replace(/\s+/gu, ' ');
  return patterns.some((pattern) => pattern.test(opening));
}

/**
 * Evidence of a refusal, 0 … 10,000: the text declines, fewer than half of the others do, and it is short relative to
 * them (`lengthRatio` to their median). An answer that begins with a reservation and then answers does not count.
 */
export function refusalEvidence(text: TextProfile, peers: readonly TextProfile[], lengthRatio: number): number {
  if (!declines(text)) return 0;
  const declining = peers.filter(declines).length;
  if (peers.length > 0 && declining * 2 >= peers.length) return 0;
  if (text.tokens.length <= 40 && (peers.length === 0 || lengthRatio < 1.5)) return 9_000;
  if (text.tokens.length > 90 || lengthRatio > 0.8) return 2_000;
  return 7_000;
}
