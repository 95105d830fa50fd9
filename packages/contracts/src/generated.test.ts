import { expect, test } from 'vitest';
import { assayHubAbi, assayHubBytecode } from './generated/assay-hub.ts';
import { generatedAs, generatedFrom } from './generated/stamp.ts';
import { generatedDigest, sourcesDigest } from './sources-digest.ts';

const remedy = 'run npm run build in packages/contracts and commit src/generated';

test('the generated files come from the sources as they are now', () => {
  expect(generatedFrom, remedy).toBe(sourcesDigest());
});

test('the generated files are unedited', () => {
  expect(generatedAs, remedy).toBe(generatedDigest());
});

test('the hub has its posting function, the reasons for refusing, and bytecode', () => {
  const names = assayHubAbi.map((entry) => ('name' in entry ? entry.name : entry.type));
  expect(names).toEqual(expect.arrayContaining(['post', 'BatchPosted', 'BatchKnown', 'QuorumNotReached']));
  expect(assayHubBytecode).toMatch(/^0x([0-9a-f]{2})+$/);
});
