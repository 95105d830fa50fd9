/** No RPC answers, as opposed to an answer that says no: whoever sees it may wait and ask again. */
export class ChainUnreachable extends Error {
  override readonly name = 'ChainUnreachable';
}
