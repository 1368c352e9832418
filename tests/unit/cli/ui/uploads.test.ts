import { Readable } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import { Conversions } from '../../../../cli/ui/conversions.ts';
import { checkListing } from '../../../../cli/ui/uploads.ts';

const conversions = new Conversions();
afterAll(() => conversions.close());

const listing = (paths: readonly string[], config: string | null = null) => ({
  folder: 'shop',
  files: paths.map((path) => ({ path, size: 10 })),
  config,
  conversion: null,
});

describe('checkListing', () => {
  it('finds the files of a drop, their keys, and what does not belong to it', async () => {
    const { files, ignored } = await checkListing(
      conversions,
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

  it('takes what was converted in place of its source, and never what the folder once had converted', async () => {
    const chosen = ['events.jsonl', 'experiment_assignments.csv', 'ecom-converted/events.csv', 'notes.txt'];
    const { id } = await conversions.open(chosen);
    const line = Buffer.from('{"a":1}\n');
    await conversions.receive(id ?? '', 'events.jsonl', Readable.from([line]), line.length);
    const body = { ...listing(chosen.map((file) => `shop/${file}`)), conversion: id };
    expect(await checkListing(conversions, 'default', body)).toEqual({
      files: [
        {
          kind: 'experiment_assignments',
          file: 'shop/experiment_assignments.csv',
          key: 'raw/experiment_assignments.csv',
          size: 10,
        },
        { kind: 'events', file: 'shop/ecom-converted/events.csv', key: 'raw/events.csv', size: 4 },
      ],
      ignored: ['shop/notes.txt'],
      converted: ['events.jsonl is read as ecom-converted/events.csv, 1 rows'],
    });
  });

  it('refuses a file of another form that was not converted', async () => {
    await expect(
      checkListing(
        conversions,
        'default',
        listing(['shop/events.parquet', 'shop/experiment_assignments.csv']),
      ),
    ).rejects.toMatchObject({
      fault: { what: 'the file is no CSV, and was not converted', where: 'events.parquet' },
    });
  });

  it('refuses sums by arm, which the pipeline does not take', async () => {
    const sums =
      'summary: { file: r.csv, experiment_id: e, variant: v, users: n, outcomes: { purchase_conversion: { conversions: c } } }\n';
    await expect(checkListing(conversions, 'default', listing(['shop/r.csv'], sums))).rejects.toThrow(
      /ecom analyze/,
    );
  });

  it('takes files without a folder', async () => {
    const { files } = await checkListing(conversions, 'default', {
      ...listing(['events.csv', 'experiment_assignments.csv']),
      folder: '',
    });
    expect(files.map(({ key }) => key)).toEqual(['raw/experiment_assignments.csv', 'raw/events.csv']);
  });

  it('finds files under the names that the configuration gives them', async () => {
    const { files } = await checkListing(
      conversions,
      'default',
      listing(['shop/log.csv', 'shop/experiment_assignments.csv'], 'raw: { events: log.csv }\n'),
    );
    expect(files.map(({ key }) => key)).toContain('raw/events.csv');
  });

  it('refuses a folder without a file that its configuration names, and says which one is like it', async () => {
    await expect(
      checkListing(
        conversions,
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
    await expect(checkListing(conversions, drop, body)).rejects.toThrow(message);
  });
});
