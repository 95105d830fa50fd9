/** The role `embedding`: does a submission agree with the others, by sentence embeddings? */
import { contentFlags, defineRole, finding, note } from '../role-definition.ts';

export const embedding = defineRole({
  name: 'embedding',
  index: 1,
  service: 'embedding-comparer',
  asks: 'Does the submission agree with the others of its task, by sentence embeddings?',
  usesModel: true,
  inEveryPolicy: true,
  scoreOnChain: true,
  flags: {
    ...contentFlags({ missing: 0, mismatch: 8, unsealed: 7, locked: 9, incomplete: 10, unobserved: 11 }),
    'too-few-submissions': finding(1, 'The task has too few distinct submissions to compare.'),
    'no-agreement': finding(2, 'The submissions of the task do not agree with each other.'),
    outlier: finding(3, 'It is far from the others.'),
    medoid: note(4, 'It is nearest to all others.'),
    'unsupported-language': finding(5, 'It is in a language that the model does not support.'),
    'duplicate-of-another': finding(6, 'It has the same text as an earlier submission of its task.'),
    'model-unavailable': finding(12, "The operator's embedding model did not answer."),
    'model-not-believed': finding(13, "The operator's embedding model gave an answer that cannot be right."),
    'not-shared': finding(14, "It is sealed, and the operator's embedding model runs at somebody else's endpoint."),
  },
  rules: {},
});
