import { describe, expect, it } from 'vitest';
import { readBeginning } from '../../../../layers/data/csv/dialect.ts';

const beginning = (text: string) => readBeginning(Buffer.from(text), 'events.csv');

describe('a title above the header', () => {
  it.each([
    [',', 'Export of May,,\n,,\nuser_id,event_name,event_ts\nu1,view,2024-05-01\n'],
    [';', '"Export; of May";;\r\n;;\r\nuser_id;event_name;event_ts\r\n'],
  ] as const)('is told by the line without any text below it, with %s between fields', (delimiter, text) => {
    expect(beginning(text)).toEqual({
      header: ['user_id', 'event_name', 'event_ts'],
      dialect: { encoding: 'utf-8', delimiter, preamble: 2 },
    });
  });

  it.each([
    ['no empty line follows', 'user_id,,\nu1,view,2024-05-01\n'],
    ['the empty line has other columns than it', 'user_id,,\n,,,\na,b,c,d\n'],
    ['what follows names fewer columns', 'user_id,,\n,,\nu1,,\n'],
    ['the line names a second column', 'user_id,event_name,\n,,\nu1,view,x\n'],
  ])('is none where %s', (_, text) => {
    expect(beginning(text).dialect.preamble).toBe(0);
  });
});
