import { describe, expect, it } from 'vitest';
import { bindColumns } from '../../../layers/data/column-binding.ts';
import { datasetContracts } from '../../../layers/data/datasets/index.ts';
import { requirePiiColumns, withPii } from '../../../layers/data/pii.ts';

const { users, events } = datasetContracts;
const header = ['user_id', 'E-Mail', 'Name', 'country'];
const bound = bindColumns(users, header, {}, 'raw/users.csv');

describe('columns marked as personal', () => {
  it('leave the staged columns where they are dropped, and stay where they are hashed', () => {
    const { otherColumns, pii } = withPii(bound, users, header, { 'e-mail': 'hash', name: 'drop' });
    expect(otherColumns).toEqual(['E-Mail']);
    expect(pii).toEqual([
      { source: 'E-Mail', treatment: 'hash' },
      { source: 'Name', treatment: 'drop' },
    ]);
  });

  it('may be named as staged files name them, or as the schema does', () => {
    expect(withPii(bound, users, header, { e_mail: 'drop' }).otherColumns).toEqual(['Name']);
    const renamed = bindColumns(users, header, { contact: 'E-Mail' }, 'raw/users.csv');
    const { bindings } = withPii(renamed, users, header, { contact: 'drop' });
    expect(bindings.map(({ column }) => column)).toEqual(['user_id', 'country']);
  });

  it('are masked where they are of a dataset that keeps no others', () => {
    const names = ['event_id', 'user_id', 'event_name', 'event_ts', 'ip'];
    const columns = withPii(bindColumns(events, names, {}, 'e'), events, names, { ip: 'drop' });
    expect(columns.pii).toEqual([{ source: 'ip', treatment: 'drop' }]);
  });

  it('are none that results are computed from', () => {
    expect(() => withPii(bound, users, header, { user_id: 'hash' })).toThrow(
      expect.objectContaining({
        name: 'ConfigError',
        fault: expect.objectContaining({
          where: 'pii.users.user_id',
          remedy: expect.stringContaining('Export a pseudonym'),
        }),
      }),
    );
    expect(() => withPii(bound, users, header, { country: 'drop' })).toThrow(
      /the country of users.*leave country out of the export/,
    );
  });

  it('that are part of an id are refused, too', () => {
    const names = ['event_name', 'event_ts', 'user_id', 'email'];
    const mapping = { event_id: { column: 'user_id', with: ['email'] } };
    const columns = bindColumns(events, names, mapping, 'e');
    expect(() => withPii(columns, events, names, { email: 'drop' })).toThrow(/"email" is the event_id/);
  });

  it('that no file has are refused with the nearest name; that one of several files has are not', () => {
    const file = { header, columns: bound };
    expect(() => requirePiiColumns('users', [file], { 'E-Mial': 'drop' })).toThrow(
      /no file of users has the column "E-Mial".*Did you mean "E-Mail"\?/,
    );
    const without = { header: ['user_id'], columns: bindColumns(users, ['user_id'], {}, 'u') };
    expect(() => requirePiiColumns('users', [without, file], { 'E-Mail': 'drop' })).not.toThrow();
  });
});
