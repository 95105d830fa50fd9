import { packVectors } from '@assay/protocol/encoding/packed-vectors';
import { describe, expect, it } from 'vitest';
import { heardTelemetry, shelfCache } from '../validator/ports.fixture.ts';
import { type PieceModel, textVectors } from './text-vectors.ts';

/**
 * A model that cuts after each full stop, accepts at most three chunks, and returns a chunk's length as the first
 * value.
 */
function noting(): PieceModel & { readonly asked: string[][] } {
  const asked: string[][] = [];
  return {
    asked,
    modelDigest: `0x${'01'.repeat(32)}`,
    dimensions: 2,
    pieces: async (texts) => {
      asked.push(['pieces', ...texts]);
      return texts.map((text) => {
        const pieces = text.match(/[^.]*\.|[^.]+$/g) ?? [];
        return Uint32Array.from(pieces.length > 3 ? [] : pieces, (piece) => piece.length);
      });
    },
    embed: async (pieces) => {
      asked.push(['embed', ...pieces]);
      return packVectors(pieces.map((piece) => Float32Array.of(piece.length / 100, 0)));
    },
  };
}

const rows = (...lengths: number[]) => packVectors(lengths.map((length) => Float32Array.of(length / 100, 0)));

describe('textVectors', () => {
  it('gives each text the vectors of its chunks in order, and computes no chunk twice', async () => {
    const model = noting();
    const vectors = await textVectors({ model, cache: shelfCache(), telemetry: heardTelemetry() }, [
      'One. Three.',
      ' Three.One.',
      '',
      'One. Three.',
    ]);
    expect(vectors).toEqual([rows(4, 7), rows(7, 4), new Uint8Array(), rows(4, 7)]);
    expect(model.asked).toEqual([
      ['pieces', 'One. Three.', ' Three.One.', ''],
      ['embed', 'One.', ' Three.'],
    ]);
  });

  it('does not call the model the second time, and counts hits', async () => {
    const model = noting();
    const cache = shelfCache();
    const telemetry = heardTelemetry();
    const first = await textVectors({ model, cache, telemetry }, ['One. Two.', 'Three.']);
    const asked = model.asked.length;
    expect(await textVectors({ model, cache, telemetry }, ['One. Two.', 'Three.'])).toEqual(first);
    expect(model.asked).toHaveLength(asked);
    expect(telemetry.counted.filter((line) => line.endsWith('vectors hit'))).toHaveLength(2);
  });

  it('recomputes cached values of another size', async () => {
    const model = noting();
    const held = shelfCache();
    const broken = { ...held, getMany: async (keys: readonly string[]) => keys.map(() => Uint8Array.of(1, 2, 3)) };
    expect(await textVectors({ model, cache: broken, telemetry: heardTelemetry() }, ['One.'])).toEqual([rows(4)]);
  });

  it('has no vectors for a text with too many chunks, and works without a cache', async () => {
    const model = noting();
    const context = { model, cache: undefined, telemetry: heardTelemetry() };
    expect(await textVectors(context, ['a.b.c.d.', 'a.'])).toEqual([new Uint8Array(), rows(2)]);
    expect(await textVectors(context, ['a.'])).toEqual([rows(2)]);
    expect(model.asked).toHaveLength(4);
  });
});
