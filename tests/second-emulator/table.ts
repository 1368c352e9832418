import { markdownTable } from '../oracle/document.ts';
import { type Results, reasonsOf, type Seen } from './results.ts';

export const document = 'docs/reliability.md';

/** Generated sections of docs/reliability.md, by name. */
export function sections(results: Results): Record<string, string> {
  return { 'second-emulator-files': filesTable(results), 'second-emulator': differencesTable(results) };
}

function filesTable({ files, enforced }: Results): string {
  const rows = files.map((comparison, index) => [
    comparison.kind,
    String(comparison.files),
    String(comparison.identical),
    String(enforced.files[index]?.identical),
    comparison.differ.map((place) => (place.includes(' ') ? place : `\`${place}\``)).join(', '),
    reasonsOf(comparison).join('; '),
  ]);
  return markdownTable(
    ['of one run', 'files', 'same bytes', 'under roles', 'the others differ in', 'why'],
    rows,
  );
}

function differencesTable({ localstack, ministack, enforced }: Results): string {
  const titles = [
    '',
    `LocalStack ${localstack.version}`,
    `ministack ${ministack.version}`,
    'AWS, as documented',
  ];
  const failed = ({ tooManyBadRows: { state, caught } }: Seen) => `\`${state}\` fails with \`${caught}\``;
  const destroyed = ({ destroyed: { withObjects, left } }: Seen) =>
    `${withObjects}; ${left.length === 0 ? 'nothing is left' : `left: ${left.map((name) => `\`${name}\``).join(', ')}`}`;
  return markdownTable(titles, [
    [
      'a part of `stage` fails',
      failed(localstack),
      failed(ministack),
      '`States.ExceedToleratedFailureThreshold` of that map',
    ],
    [
      'how that run ends',
      `\`${localstack.tooManyBadRows.error}\``,
      `\`${ministack.tooManyBadRows.error}\`, with the same sentence`,
      'in the error and the cause of the `Fail` state',
    ],
    [
      'name of an error that a function throws',
      "the error's own",
      "`Runtime.HandlerError`; the launcher passes on the error's own",
      "the error's own (`errorType`)",
    ],
    [
      'the stack with other settings of a function, a map, a queue',
      updated(localstack),
      updated(ministack),
      'updated in place',
    ],
    [
      'a stack whose buckets hold objects is destroyed',
      destroyed(localstack),
      destroyed(ministack),
      'refused (`BucketNotEmpty`); with the default settings buckets stay',
    ],
    [
      'requests that no policy allows',
      'allowed',
      `refused, with \`AUTH=true\`: the run ${enforced.status === 'SUCCEEDED' ? 'succeeds' : 'fails'} under the roles of the stack, and fails with \`${enforced.refused.error}\` once one has lost its policy`,
      'refused',
    ],
    [
      '`Ref` of a secret',
      'its ARN',
      'its name, which no policy allows: under roles the secret is made beforehand',
      'its ARN',
    ],
  ]);
}

function updated({ updated: { run, ...settings } }: Seen): string {
  return `${Object.values(settings).join(', ') === '3, 1, 7' ? 'updated' : JSON.stringify(settings)}; the next run ${run === 'SUCCEEDED' ? 'succeeds' : 'fails'}`;
}
