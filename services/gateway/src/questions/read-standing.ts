/** The answers to a question, read from the bus. */
import { subjects } from '@assay/protocol/bus/subjects';
import { limits } from '@assay/protocol/limits';
import type { Bus } from '@assay/protocol/ports';
import type { Question } from '@assay/protocol/question/question';
import { noAnswers, type Standing, takeMessage } from '@assay/protocol/question/standing';
import type { SigningDomain } from '@assay/protocol/signature/typed-data';

/** What the bus shows of a question's answers. */
export interface ReadStanding {
  readonly standing: Standing;
  /** The subjects of what was read. */
  readonly subjects: readonly string[];
}

/**
 * Reads the answers in their order until the question is closed, or to the end. Beyond {@link limits.answersReadMax}
 * messages it counts as closed: all readers stop at the same place.
 */
export async function readStanding(
  bus: Pick<Bus, 'next'>,
  domain: SigningDomain,
  question: Question,
): Promise<ReadStanding> {
  const filter = subjects.answersTo(question.questionId);
  const read: string[] = [];
  let standing = noAnswers;
  for (let after = 0; !standing.isClosed; ) {
    if (read.length >= limits.answersReadMax) return { standing: { ...standing, isClosed: true }, subjects: read };
    const message = await bus.next('ANSWERS', filter, after);
    if (message === undefined) break;
    const next = takeMessage(domain, question, standing, message);
    if (next.ok) standing = next.value;
    read.push(message.subject);
    after = message.sequence;
  }
  return { standing, subjects: read };
}
