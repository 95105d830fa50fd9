/** The content store has no room left. Whoever stores may try again when older content has expired. */
export class StoreFull extends Error {
  constructor(cause: unknown) {
    super('The content store is full: raise its size, or wait until older content expires.', { cause });
    this.name = 'StoreFull';
  }
}
