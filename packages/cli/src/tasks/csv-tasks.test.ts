import { describe, expect, it } from 'vitest';
import { UsageError } from '../commands/usage-error.ts';
import { checkTasks, faultText } from './check-tasks.ts';
import { csvTasks } from './csv-tasks.ts';

const header = 'reference,prompt,temperature,miner,output,label';

function checked(text: string) {
  const lines = csvTasks(text, 'f.csv');
  const { tasks, faults } = checkTasks({ file: 'f.csv', name: 'f.csv', sha256: '0x00', lines }, 'standard');
  return { tasks, texts: faults.map(faultText) };
}

describe('csvTasks', () => {
  it('makes one task of the rows with one reference', () => {
    const rows = [header, 'a,p,0.5,m1,"one, ""two""\nthree",honest', 'b,q,,m1,,', 'a,,,m2,four,', ''];
    expect(checked(rows.join('\r\n'))).toEqual({
      tasks: [
        {
          task: 'a',
          prompt: 'p',
          temperature: 0.5,
          submissions: [
            { miner: 'm1', output: 'one, "two"\nthree', label: 'honest' },
            { miner: 'm2', output: 'four' },
          ],
        },
        { task: 'b', prompt: 'q', submissions: [{ miner: 'm1', output: '' }] },
      ],
      texts: [],
    });
  });

  it('reads a schema of answers as JSON', () => {
    const rows = ['reference,prompt,answerSchema,miner,output', 'a,p,"{""type"": ""object""}",m1,o', 'b,p,{,m1,o'];
    const { tasks, texts } = checked(rows.join('\n'));
    expect(tasks.map(({ answerSchema }) => answerSchema)).toEqual([{ type: 'object' }]);
    expect(texts).toEqual([expect.stringContaining('answerSchema')]);
  });

  it.each([';', '\t'])('takes %j between cells', (delimiter) => {
    const text = ['task,prompt,miner,output', 'a,p,m1,o'].join('\n').replaceAll(',', delimiter);
    expect(checked(text).tasks.map(({ task }) => task)).toEqual(['a']);
  });

  it('names the row and the column of a fault', () => {
    const rows = [header, 'a,p,x,m1,"o\no",', 'a,,,m 2,o,', 'b,p,,m1,o,', 'b,other,,m2,o,'];
    expect(checked(rows.join('\n')).texts).toEqual([
      'f.csv, line 2 (task "a"): temperature must be a number.',
      'f.csv, line 4 (task "a"): miner may have letters, digits and . _ : - only.',
      'f.csv, line 6 has another prompt than f.csv, line 5.',
    ]);
    expect(checked('reference,prompt,miner,output,promt\na,p,m,o,x').texts).toEqual([
      'f.csv, line 2 (task "a"): promt is not a known field.',
    ]);
  });

  it.each([
    ['reference,prompt,miner\na,p,m', /f\.csv has no column output/],
    [`${header}\na,p,,m1`, /f\.csv, line 2 has a different number of cells/],
    [`${header}\na,"p,,m1,o,`, /f\.csv, line \d has a quote that is not closed/],
    [`${header}\na,p"p,,m1,o,`, /f\.csv, line 2 has a quote in the middle/],
    [`${header}\na,"p"p,,m1,o,`, /f\.csv, line 2 has a quote in the middle/],
  ])('refuses %j', (text, says) => {
    expect(() => csvTasks(text, 'f.csv')).toThrow(UsageError);
    expect(() => csvTasks(text, 'f.csv')).toThrow(says);
  });
});
