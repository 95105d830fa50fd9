import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readableFile } from './file-argument.ts';

describe('readableFile', () => {
  it('takes a file that is there, and the standard input', () => {
    const file = fileURLToPath(import.meta.url);
    expect(readableFile(file)).toBe(file);
    expect(readableFile('-')).toBe('-');
  });

  it('names a file that cannot be read', () => {
    expect(() => readableFile('/nowhere/tasks.jsonl')).toThrow('The file /nowhere/tasks.jsonl cannot be read.');
  });
});
