/** Long outputs made of the fixtures' honest answers, each in a different order. */
import { honestLabel } from '@assay/checks/calibration/calibration-data';
import { fixtureTasks } from './fixture-tasks.ts';

/** `count` texts of `words` words each. */
export async function longAnswers(count: number, words: number): Promise<string[]> {
  const honest = (await fixtureTasks()).flatMap((task) =>
    task.submissions.filter((one) => one.label === honestLabel).map((one) => one.output.split(/\s+/)),
  );
  return Array.from({ length: count }, (_, index) => {
    const text: string[] = [];
    for (let next = index; text.length < words; next += 1 + index) text.push(...(honest[next % honest.length] ?? []));
    return text.slice(0, words).join(' ');
  });
}
