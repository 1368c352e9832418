import { describe, expect, it } from 'vitest';
import { checkListing } from '../../../../cli/ui/uploads.ts';

const listing = (paths: readonly string[], config: string | null = null) => ({
  folder: 'shop',
  files: paths.map((path) => ({ path, size: 10 })),
  config,
});

describe('checkListing', () => {
  it('finds the files of a drop, their keys, and what does not belong to it', async () => {
    const { files, ignored } = await checkListing(
      'shop_b',
      listing([
        'shop/events/part-2.csv.gz',
        'shop/events/part-1.csv',
        'shop/events/deeper/part-3.csv',
        'shop/experiment_assignments.csv',
        'shop/experiment.yaml',
        'shop/notes.txt',
      ]),
    );
    expect(files.map(({ file, key }) => [file, key])).toEqual([
      ['shop/experiment_assignments.csv', 'raw/shop_b/experiment_assignments.csv'],
      ['shop/events/part-1.csv', 'raw/shop_b/events/part-1.csv'],
      ['shop/events/part-2.csv.gz', 'raw/shop_b/events/part-2.csv.gz'],
      ['shop/experiment.yaml', 'raw/shop_b/experiment.yaml'],
    ]);
    expect(ignored).toEqual(['shop/events/deeper/part-3.csv', 'shop/notes.txt']);
  });

  it('refuses what the command line would convert first, and names the command', async () => {
    const both = ['shop/experiment_assignments.csv', 'shop/events.csv'];
    await expect(
      checkListing('default', listing(['shop/events.parquet', 'shop/experiment_assignments.csv'])),
    ).rejects.toThrow('shop/events.parquet is no CSV, and this page uploads files as they are');
    const { files, ignored } = await checkListing('default', listing([...both, 'shop/events.jsonl']));
    expect(files).toHaveLength(2);
    expect(ignored).toEqual(['shop/events.jsonl']);
  });

  it('refuses sums by arm, which the pipeline does not take', async () => {
    const sums =
      'summary: { file: r.csv, experiment_id: e, variant: v, users: n, outcomes: { purchase_conversion: { conversions: c } } }\n';
    await expect(checkListing('default', listing(['shop/r.csv'], sums))).rejects.toThrow(/ecom analyze/);
  });

  it('takes files without a folder', async () => {
    const { files } = await checkListing('default', {
      ...listing(['events.csv', 'experiment_assignments.csv']),
      folder: '',
    });
    expect(files.map(({ key }) => key)).toEqual(['raw/experiment_assignments.csv', 'raw/events.csv']);
  });

  it('finds files under the names that the configuration gives them', async () => {
    const { files } = await checkListing(
      'default',
      listing(['shop/log.csv', 'shop/experiment_assignments.csv'], 'raw: { events: log.csv }\n'),
    );
    expect(files.map(({ key }) => key)).toContain('raw/events.csv');
  });

  it('refuses a folder without a file that its configuration names, and says which one is like it', async () => {
    await expect(
      checkListing(
        'default',
        listing(
          ['shop/events.csv', 'shop/experiment_assignments.csv', 'shop/customers.csv'],
          'raw: { users: custmers.csv }\n',
        ),
      ),
    ).rejects.toMatchObject({
      fault: {
        what: expect.stringContaining('custmers.csv'),
        remedy: expect.stringContaining('customers.csv'),
      },
    });
  });

  it.each([
    ['a drop name that cannot be one', 'Shop B', listing(['shop/events.csv']), /drop name has/],
    [
      'a folder without a required dataset',
      'b',
      listing(['shop/events.csv']),
      /lacks experiment_assignments\.csv/,
    ],
    [
      'a mistake in the configuration',
      'b',
      listing(['shop/events.csv'], 'metrcs: {}\n'),
      /Did you mean "metrics"/,
    ],
    ['a dataset that is there twice', 'b', listing(['shop/events.csv', 'shop/events/1.csv']), /there twice/],
    ['a body of another shape', 'b', { folder: 1 }, /not understood/],
  ])('refuses %s', async (_, drop, body, message) => {
    await expect(checkListing(drop, body)).rejects.toThrow(message);
  });
});
