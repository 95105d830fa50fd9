import { fileURLToPath } from 'node:url';
import { it } from 'vitest';
import { execSync } from 'node:child_process';
import { fixtureTasks, judgeOn } from './fixture-tasks.ts';
import { startWatchedNetwork } from './watched-network.ts';
const liar = fileURLToPath(new URL('lying-validator.mjs', import.meta.url));
it('x', async () => {
  const network = await startWatchedNetwork({ entryOf: (_, o) => (o === 0 || o === 1 ? liar : undefined) });
  const tasks = (await fixtureTasks()).slice(4, 5);
  for (const p of ['', 'lie:1:noise:', 'lie:1:praise:']) {
    const j = await judgeOn(network, tasks.map((t) => ({ ...t, task: p + t.task })), 'standard');
    for (const r of j) {
      console.log(p, r.unproven, r.report?.results.map((x) => x.verdict).join(' '));
      for (const o of r.report?.observations ?? []) console.log(network.operators.findIndex((x) => x.address === o.operator), o.role, o.measurements);
    }
  }
  console.log(execSync(`grep -h -i -E 'warn|error' ${network.dir}/logs/operator-*.log | cut -c1-400 | sort | uniq -c | head -40`).toString());
  await network.stop();
});
