/** The deployed scaling rule scales real replicas up and down with a load wave; nothing is lost or doubled. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runWave, type WaveResult } from '@assay/bench/scale/scale';
import { startScaleNetwork } from '@assay/bench/scale/scale-network';
import { hastened, readScaleRule } from '@assay/bench/scale/scale-rule';
import { StreamWatch } from '@assay/bench/scale/scale-watch';
import { expect, it } from 'vitest';
import { root } from '../kustomize.ts';

const manifest = join(root, 'deploy/kubernetes/components/keda/checksum-verifier.yaml');
const bundles = process.env.ASSAY_BUNDLES;
const entry = bundles ? join(bundles, 'fixed-time-validator/main.js') : undefined;
const timeScale = 30;
const replicasMax = 5;
/**
 * Two replicas handle twenty a second, so a backlog above two thresholds builds up within seconds. `npm test` has a
 * quarter of the tasks, of the speed and of the threshold.
 */
const share = process.env.TEST_SCOPE === 'whole' ? 1 : 1 / 4;
const wave = { calmPerSecond: 4 * share, peakPerSecond: 45 * share, seconds: [1, 2, 9, 1] } as const;
const tasksMin = 400 * share;

async function waved(): Promise<WaveResult> {
  const signal = AbortSignal.timeout(150_000);
  const scale = await startScaleNetwork({ checkMs: 100 / share, concurrency: 1, signal, onProgress: () => {}, entry });
  const watch = new StreamWatch(scale.bus);
  try {
    const deployed = readScaleRule(readFileSync(manifest, 'utf8'));
    const lagThreshold = deployed.lagThreshold * share;
    const rule = hastened({ ...deployed, lagThreshold, max: replicasMax }, timeScale);
    return await runWave(scale, watch, { rule, wave, signal, onSample: () => {} });
  } finally {
    await watch.close();
    await scale.stop();
  }
}

it('follows the load up and back to the minimum without losing work in progress', async () => {
  const result = await waved();
  expect(result.tasks).toBeGreaterThan(tasksMin);
  expect([result.lost, result.doubled, result.reports]).toEqual([0, 0, result.tasks]);
  expect(result.replicasMost).toBeGreaterThan(2);
  expect(result.replicasLast).toBe(2);
});
