import { it } from 'vitest';
import { gather, violationsOf } from './invariants.ts';
import { drawPlan } from './plan.ts';
import { simulate } from './simulation.ts';
it('x', async () => {
  const run = await simulate(drawPlan(process.env['SIM_SEED'] ?? ''));
  const e = await gather(run);
  console.log(JSON.stringify(run.network.plan, (_, v) => (typeof v === 'bigint' ? Number(v) : v)));
  console.log(await violationsOf(run), 'took', run.tookMs);
  console.log(run.network.processes.map(p=>p.name).join());
  for (const r of e.reports) console.log('report', r.task.taskId.slice(0,8), r.sequence, r.results.map(x=>x.verdict+x.final), r.signers.length);
  for (const [s, p] of e.proposals) { const m = await run.network.clearBus.next('PROPOSALS', 'assay.v1.>', s-1); console.log('proposal', s, (m?.timestampMs ?? 0)-Date.UTC(2030,0,1), p.entries.map((x) => x.taskId.slice(0, 8)+':'+x.observations.length)); }
  for (const l of e.letters) if (l.stream==='PROPOSALS'||l.stream==='COSIGNATURES' || l.stream==='TASKS') console.log('letter', JSON.stringify(l).slice(0,420));
  console.log(run.network.witness.posts.map(p=>p.batch.sequence+p.outcome.status).join());
  for (const c of e.network.witness.cosignatures) console.log('cosig', c.sequence, c.operator.slice(0,8));
  for (const t of run.tasks) { const m = await run.network.clearBus.last('TASKS', 'assay.v1.tasks.'+t.task.taskId.slice(2)); console.log('task', t.task.taskId.slice(0,8), (m?.timestampMs ?? 0)-Date.UTC(2030,0,1)); }
  for (let a=0;;) { const m=await run.network.clearBus.next('OBSERVATIONS','assay.v1.>',a); if(!m) break; a=m.sequence; console.log('obs', a, m.timestampMs-Date.UTC(2030,0,1), m.subject.slice(22,28), m.subject.split('.').slice(-2).join(' ').slice(0,20)); }
});
