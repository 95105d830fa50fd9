/** The person who called is to change something: said in one line, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
