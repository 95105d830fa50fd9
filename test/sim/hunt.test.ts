import { it } from 'vitest';
import { appendFileSync } from 'node:fs';
import { gather, violationsOf } from './invariants.ts';
import { drawPlan } from './plan.ts';
import { simulate } from './simulation.ts';
it('hunt', { timeout: 3_000_000 }, async () => {
  let verdicts = 0, abstains = 0, honestAbstain = 0, slow = 0;
  for (let i = Number(process.env['FROM']); i < Number(process.env['TO']); i++) {
    const run = await simulate(drawPlan(`hunt-${i}`));
    const v = await violationsOf(run);
    const e = await gather(run);
    for (const r of e.reports) for (const [j, x] of r.results.entries()) { verdicts++; if (x.verdict === 'abstain') { abstains++; const q = run.tasks.find((t) => t.task.taskId === r.task.taskId)?.qualities[j]; if (q === 'unclear') honestAbstain++; } }
    if (run.tookMs > 120_000) slow++;
    if (v.length > 0) appendFileSync('/tmp/hunt.log', `hunt-${i}: ${JSON.stringify(v)}\n`);
  }
  appendFileSync('/tmp/hunt.log', `done ${verdicts} verdicts, ${abstains} abstain, of those honest ${honestAbstain}, slow ${slow}\n`);
});
