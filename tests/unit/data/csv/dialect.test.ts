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

describe('a header with a quotation mark too many', () => {
  it.each([
    ['before the first name', '"user_id,event_name,"event_ts"'],
    ['behind a name', 'user_id,"event_name"",event_ts'],
    ['before a quoted name', 'user_id,event_name,""event_ts"'],
  ])('is read without it where it stands %s', (_, line) => {
    expect(beginning(`${line}\nu1,view,2024-05-01\n`).header).toEqual(['user_id', 'event_name', 'event_ts']);
  });

  it.each([
    ['the next line has another number of fields', '"user_id,event_name\nu1,view,2024-05-01\n'],
    ['a delimiter is missing as well', '"user_id"event_name,event_ts\nu1,view,2024-05-01\n'],
    ['there is no next line', '"user_id,event_name\n'],
  ])('is refused where %s', (_, text) => {
    expect(() => beginning(text)).toThrow("the header's quotation marks do not match");
  });
});

describe('what separates or encloses fields otherwise', () => {
  it('is refused by name where it is blanks', () => {
    const text = 'user_id event_name event_ts currency\nu1  2024-05-01 \n';
    expect(() => beginning(text)).toThrow('the fields seem to be separated by blanks');
  });

  it.each([
    ['a name of two words above values of one', 'Excluded users\nu1\nu2\n', 'Excluded users'],
    ['a quoted name', '"user name"\nAda Lovelace\n', 'user name'],
  ])('is not blanks in %s', (_, text, name) => {
    expect(beginning(text).header).toEqual([name]);
  });

  it('is refused by name where it is apostrophes', () => {
    const text = "user_id,'event_name',event_ts\nu1,'view, item',2024-05-01\n";
    expect(() => beginning(text)).toThrow("the file quotes by apostrophes ('event_name')");
  });

  it('is one apostrophe in a name', () => {
    expect(beginning("user_id,customer's name\nu1,Ada\n").header).toEqual(['user_id', "customer's name"]);
  });
});
