import { afterAll, expect, it } from 'vitest';
import { init } from '../../../../cli/init/init.ts';
import { UsageError } from '../../../../layers/platform/errors.ts';
import { exportFolders, many } from './folders.ts';

const { folderOf, remove } = exportFolders();
afterAll(remove);

const daily = (line: (day: number) => string) => many(5, (day) => `${day}.08.2019,${line(day)}`);
const arms = (header: string, line: (day: number) => string) => ({
  'control_group.csv': `Date,Campaign,${header}\n${daily((day) => `Control,${line(day)}`)}`,
  'test_group.csv': `Date,Campaign,${header}\n${daily((day) => `Test,${line(day + 3)}`)}`,
});

it.each([
  [
    'daily sums of showings, a file an arm',
    arms('# of Impressions,Reach,# of Purchase', (day) => `${day}00,${day}0,${day}`),
    /control_group.csv and test_group.csv hold daily sums.*no column counts users: "# of Impressions", "Reach" count what was shown/,
  ],
  [
    'orders of each arm, and counts of visitors',
    {
      'orders.csv': `transactionId,visitorId,date,revenue,group\n${many(9, (i) => `${i},${i % 7},2019-08-15,${i}0,${i % 2 === 0 ? 'A' : 'B'}`)}`,
      'visitors.csv': `date,group,visitors\n${many(6, (i) => `2019-08-0${i},A,${700 + i}`)}`,
    },
    /orders.csv names the arm \("group"\) of those who bought.*visitors.csv counts users, and does not name them/,
  ],
  [
    'names that tell nothing',
    { 'sales.csv': `Shop,Promotion,week,Sales\n${many(8, (i) => `S${i % 4},${i % 2},${i},"1,00${i}.00"`)}` },
    /the columns of sales.csv do not tell by their names which is the arm and which the outcome.*"Promotion"/s,
  ],
  [
    'no id and no arm, but columns of 0 and 1',
    { 'mails.csv': `mens,history,conversion\n${many(8, (i) => `${i % 2},${i}.50,${i % 3 === 0 ? 1 : 0}`)}` },
    /the columns of mails.csv do not tell by their names which is the arm/,
  ],
])('%s: init names what is missing, and proposes nothing', async (_, files, message) => {
  const refused = init(await folderOf(files));
  await expect(refused).rejects.toThrow(UsageError);
  await expect(refused).rejects.toThrow(message);
});
