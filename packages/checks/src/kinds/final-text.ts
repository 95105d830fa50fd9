/** An answer without the reasoning that some models print before it. */

const trace = /<(think|thinking|reasoning)>[\s\S]*?<\/\1>/giu;
const traceEnd = /^[\s\S]*<\/(?:think|thinking|reasoning)>/iu;
const traceStart = /<(?:think|thinking|reasoning)>[\s\S]*$/iu;

/** What a text says behind its reasoning; empty where the reasoning does not end. Linear. */
export function finalTextOf(text: string): string {
  if (!/<\/?(?:think|thinking|reasoning)>/iu.test(text)) return text;
  return text.replace(trace, '').replace(traceEnd, '').replace(traceStart, '').trim();
}
