import { type StreamName, streams } from '@assay/protocol/bus/subjects';
import { describe, expect, it } from 'vitest';
import { parseStorageBytes, storageBytesMin, storageBytesOf } from './storage-shares.ts';

const names = Object.keys(streams) as StreamName[];

describe('storageBytesOf', () => {
  it('divides the storage completely, and never gives away more', () => {
    for (const storage of [storageBytesMin, 3 * 1024 ** 3, 1024 ** 4 + 1]) {
      const sum = names.reduce((total, name) => total + storageBytesOf(name, storage), 0);
      expect(sum).toBeLessThanOrEqual(storage);
      expect(sum).toBeGreaterThan(storage - names.length);
    }
  });

  it('leaves room for several of the largest messages, even in the smallest storage', () => {
    for (const name of Object.keys(streams) as StreamName[])
      expect(storageBytesOf(name, storageBytesMin)).toBeGreaterThan(4 * streams[name].bytesMax);
  });
});

describe('parseStorageBytes', () => {
  it.each([
    ['1073741824', 1024 ** 3],
    ['3GiB', 3 * 1024 ** 3],
    ['80Gi', 80 * 1024 ** 3],
    ['512 MiB', 512 * 1024 ** 2],
  ])('reads %s', (text, bytes) => {
    expect(parseStorageBytes(text)).toBe(bytes);
  });

  it.each(['', '3GB', '-1', '1.5Gi', '1Mi', '9999999999Ti', '0x10'])('refuses "%s"', (text) => {
    expect(parseStorageBytes(text)).toBeUndefined();
  });
});
