/** What one role measured on one submission, and its packed form in an observation. */
import { fromHex, type Hex, toHex } from '../encoding/bytes.ts';
import { accepted, type Checked, refused } from '../refusal.ts';

/** A score in basis points (0 worst … 10,000 best) and a word of 32 flag bits. */
export interface Measurement {
  readonly score: number;
  readonly flags: number;
}

/** The best score. */
export const scoreMax = 10_000;
/** Bytes of one packed measurement. */
export const measurementBytes = 6;

/** Packs measurements in submission order, 6 bytes each: uint16 score, uint32 flags, big endian. Throws on a value out of range. */
export function packMeasurements(measurements: readonly Measurement[]): Hex {
  const bytes = new Uint8Array(measurements.length * measurementBytes);
  const view = new DataView(bytes.buffer);
  measurements.forEach(({ score, flags }, index) => {
    if (!Number.isInteger(score) || score < 0 || score > scoreMax)
      throw new RangeError(`score ${score} is not an integer in 0..${scoreMax}`);
    if (!Number.isInteger(flags) || flags < 0 || flags > 0xffffffff)
      throw new RangeError(`flags ${flags} is not a uint32`);
    view.setUint16(index * measurementBytes, score);
    view.setUint32(index * measurementBytes + 2, flags);
  });
  return toHex(bytes);
}

/** Unpacks {@link packMeasurements}; refuses a length other than `count` submissions and a score above the maximum. */
export function unpackMeasurements(packed: Hex, count: number): Checked<Measurement[]> {
  if ((packed.length - 2) / 2 !== count * measurementBytes) {
    return refused(
      'wrong-measurement-count',
      `There must be ${count} measurements of ${measurementBytes} bytes.`,
      'measurements',
    );
  }
  const bytes = fromHex(packed);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const measurements: Measurement[] = [];
  for (let index = 0; index < count; index++) {
    const score = view.getUint16(index * measurementBytes);
    if (score > scoreMax) return refused('score-out-of-range', `Score ${score} is above ${scoreMax}.`, 'measurements');
    measurements.push({ score, flags: view.getUint32(index * measurementBytes + 2) });
  }
  return accepted(measurements);
}
