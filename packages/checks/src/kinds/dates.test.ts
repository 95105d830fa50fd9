import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { datesOf } from './dates.ts';

describe('datesOf', () => {
  it.each([
    '15 June 1215',
    'June 15th, 1215 (at Runnymede)',
    'the fifteenth of June, 1215',
    'June the fifteenth, 1215',
    '1215-06-15T10:00:00Z',
    '15/06/1215',
    '06/15/1215',
    '15.06.1215',
    'am 15. Juni 1215',
    'le 15 juin 1215',
    'el 15 de junio de 1215',
    '15 июня 1215',
    '15 Haziran 1215',
    '1215年6月15日に',
  ])('reads %s', (text) => expect(datesOf(text)).toEqual(['1215-6-15']));

  it('says where day and month could be either, and reads several', () => {
    expect(datesOf('05/06/1215')).toEqual(['']);
    expect(datesOf('April 13, 2018/March 23, 2018')).toEqual(['2018-4-13', '2018-3-23']);
  });

  it.each(['1 of 2020', 'version 1.2.2020.4', '13/13/2000', 'in June 1215', '12 monkeys 1995'])(
    'reads none in %s',
    (text) => expect(datesOf(text)).toEqual([]),
  );

  it('is total and linear', () => {
    fc.assert(
      fc.property(fc.string(), (text) => datesOf(text).every((date) => date === '' || /^\d+-\d+-\d+$/.test(date))),
    );
    const start = performance.now();
    for (const part of ['a', '1 a ', 'twenty-', '1.']) datesOf(part.repeat(20_000 / part.length));
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});
