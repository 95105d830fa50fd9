/** Counts the files that a role and a flag touch, by following docs/adding-a-role.md in a copy: node test/roles/count.ts */
import { countOf, followPage } from './walked-copy.ts';

const walked = followPage();
try {
  process.stdout.write(`${countOf(walked)}\n`);
} finally {
  walked.remove();
}
