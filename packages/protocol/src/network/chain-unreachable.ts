/** No RPC responds, as opposed to a response that is an error. The caller may wait and retry. */
export class ChainUnreachable extends Error {
  override readonly name = 'ChainUnreachable';
}
