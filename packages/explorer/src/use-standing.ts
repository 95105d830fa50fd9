/** What the newest reports say of operators and miners, read again when a task is decided. */
import type { StandingAnswer } from '@assay/protocol/api/gateway-answers';
import { errorText } from '@assay/protocol/error-text';
import { useEffect, useState } from 'preact/hooks';
import { readStanding } from './gateway.ts';

/** Many tasks may be decided at once: they cost one request. */
const pauseMs = 1_000;

/** The standing, or why there is none. `decided` is the number of decided tasks that the page knows. */
export function useStanding(decided: number): {
  readonly standing: StandingAnswer | undefined;
  readonly failure: string | undefined;
} {
  const [standing, setStanding] = useState<StandingAnswer>();
  const [failure, setFailure] = useState<string>();
  useEffect(() => {
    const read = () =>
      void readStanding().then(
        (answer) => {
          setStanding(answer);
          setFailure(undefined);
        },
        (error: unknown) => setFailure(errorText(error)),
      );
    const timer = setTimeout(read, decided === 0 ? 0 : pauseMs);
    return () => clearTimeout(timer);
  }, [decided]);
  return { standing, failure };
}
