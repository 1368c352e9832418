import { expect, it } from 'vitest';
import { errorInFilesOfUser, inFilesOfUser } from '../../../cli/pipeline/files-of-user.ts';
import { ConfigError, DataError } from '../../../layers/platform/errors.ts';

const files = [
  { key: 'raw/events/a.csv', file: 'shop/raw/events/a.csv' },
  { key: 'raw/events/a.csv.gz', file: 'shop/raw/events/a.csv.gz' },
  { key: 'raw/users.csv', file: 'shop/customers (1).csv' },
];

it('a text names the files of the user, each once, where it named keys', () => {
  const own = inFilesOfUser(files);
  expect(own('raw/events/a.csv.gz:3 and raw/events/a.csv:4, not raw/users_csv')).toBe(
    'shop/raw/events/a.csv.gz:3 and shop/raw/events/a.csv:4, not raw/users_csv',
  );
  expect(own('raw/users.csv, bytes 0 to 9')).toBe('shop/customers (1).csv, bytes 0 to 9');
  expect(inFilesOfUser([])('raw/users.csv')).toBe('raw/users.csv');
});

it('an error keeps its kind and names the files of the user in all that it says', () => {
  const cause = new DataError({
    what: 'raw/users.csv has no row',
    where: 'raw/users.csv:2',
    remedy: 'Look at raw/users.csv',
  });
  const error = errorInFilesOfUser(cause, files);
  expect(error).toBeInstanceOf(DataError);
  expect(error).toMatchObject({
    name: 'DataError',
    cause,
    fault: {
      what: 'shop/customers (1).csv has no row',
      where: 'shop/customers (1).csv:2',
      remedy: 'Look at shop/customers (1).csv',
    },
  });
  expect(errorInFilesOfUser(new ConfigError({ what: 'no' }), files)).toMatchObject({ fault: { what: 'no' } });
});

it('an error that was not raised on purpose stays as it is', () => {
  const error = new Error('raw/users.csv');
  expect(errorInFilesOfUser(error, files)).toBe(error);
});
