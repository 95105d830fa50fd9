import { describe, expect, it } from 'vitest';
import { tideAnswers, tidePrompt } from '../text/test-task.ts';
import { profileOf } from '../text/text-profile.ts';
import { truncationEvidence } from './truncation.ts';

const peers = tideAnswers.map(profileOf);
const evidence = (text: string) => truncationEvidence(profileOf(text), profileOf(tidePrompt), peers);

describe('truncationEvidence', () => {
  it.each([
    'The tides are there because the Moon pulls on the oc',
    'Tides come from the gravity of the',
    'Tides come from gravity, which makes two large bulges of water',
    `${tideAnswers[0]} And the`,
    `<think>${tideAnswers.join(' ')}`,
    tideAnswers[2].slice(0, 120),
  ])('detects that "%s" was cut off', (text) => {
    expect(evidence(text)).toBeGreaterThanOrEqual(8_000);
  });

  it.each([
    'The Moon.',
    'Gravity',
    'Causes:\n- Moon\n- Sun',
    '| Body | Pull |\n|---|---|\n| Moon | strong |',
    tideAnswers[0],
    `${tideAnswers.join(' ').repeat(2)} And the`,
    'the gravity of the Moon and the Sun',
    'Tides come from the pull of the Moon and the Sun on the water of the oceans #tides #learn2code',
    `${tideAnswers.join(' ')} They differ from place to`,
    `<think>The Moon, and</think>${tideAnswers[0]}`,
    '„Die Gezeiten kommen vom Mond und von der Sonne, so steht es geschrieben.“',
  ])('treats "%s" as complete', (text) => {
    expect(evidence(text)).toBe(0);
  });
});
