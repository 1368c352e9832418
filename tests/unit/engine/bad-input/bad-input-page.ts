import {
  type ExperimentCase,
  type Fate,
  type FileCase,
  fileGroups,
  groups,
  type LineCase,
} from './catalogue.ts';
import { fileCases } from './drops.ts';
import { experimentCases } from './experiments.ts';
import { lineCases } from './lines.ts';

/** docs/bad-input.md: every bad input that is tested, and what becomes of it. */
export function badInputPage(): string {
  const total = lineCases.length + fileCases.length + experimentCases.length;
  return `${[
    '# Bad input, and what becomes of it',
    `Generated from the ${total} cases of \`tests/unit/engine/bad-input\`, each of which runs through the pipeline's stages: a row of a table\nis the test \`<section>: <input>\` of \`tests/unit/engine/bad-input/bad-input.test.ts\`. Renew it with \`npx vitest run tests/unit/engine/bad-input -u\`.`,
    [
      'In every run each line of each file is accepted, quarantined or a duplicate, and the run fails where the counts do not add',
      'up. *Quarantined*: set aside with its file, line, rule, reason and text (`./ecom quarantine`). *Warned of*: used, and counted',
      'in the report. The rules are in [data-contract.md](data-contract.md); `./ecom validate <dir>` finds the same before an upload.',
    ].join('\n'),
    ...groups.map((group) =>
      section(
        group,
        lineCases.filter((one) => one.group === group).map((one) => [one.input, becomesOfLines(one)]),
      ),
    ),
    ...fileGroups.map((group) =>
      section(
        group,
        fileCases.filter((one) => one.group === group).map((one) => [one.input, becomesOfDrop(one)]),
      ),
    ),
    section(
      'Experiments',
      experimentCases.map((one) => [one.input, becomesOfExperiments(one)]),
    ),
  ].join('\n\n')}\n`;
}

function section(group: string, rows: readonly (readonly [string, string])[]): string {
  const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  const table = rows.map(([input, outcome]) => `| ${cell(input)} | ${cell(outcome)} |`);
  return [`## ${group}`, '', '| input | what happens |', '|---|---|', ...table].join('\n');
}

function becomesOfLines({ lines, note }: LineCase): string {
  const sentences = [...new Set(lines.map(([, fate]) => becomes(fate)))];
  const [first = '', ...rest] = sentences;
  const areTaken = sentences.every((sentence) => sentence.startsWith('taken: '));
  const text = [first, ...rest.map((sentence) => (areTaken ? sentence.slice('taken: '.length) : sentence))];
  return [text.join('; '), ...(note === undefined ? [] : [note])].join(': ');
}

function becomes({ taken, quarantined, duplicate, warned }: Fate): string {
  if (quarantined !== undefined) {
    const [column, rule] = quarantined;
    return `quarantined, ${column === null ? '' : `\`${column}\` `}\`${rule}\``;
  }
  if (duplicate === true) return 'dropped as a duplicate';
  const values = Object.entries(taken ?? {}).map(([column, value]) => {
    const name = column === 'clean_user' ? 'user_id' : column;
    return value === null ? `no \`${name}\`` : `\`${name}\` \`${String(value).replaceAll('\n', '⏎')}\``;
  });
  const warning = warned === undefined ? '' : `, warned of: \`${warned}\``;
  return `${values.length === 0 ? 'taken' : `taken: ${values.join(', ')}`}${warning}`;
}

function becomesOfDrop({ fails, goesOn, note }: FileCase): string {
  const remarks = note === undefined ? '' : `: ${note}`;
  if (fails !== undefined) return `the run fails, \`${fails[0]}\`: “${fails[1]}”${remarks}`;
  const { quarantined = [], duplicates = {}, warned = [] } = goesOn ?? {};
  const parts = [
    ...quarantined.map(
      ([, column, rule, rows]) =>
        `${rows} rows quarantined, ${column === null ? '' : `\`${column}\` `}\`${rule}\``,
    ),
    ...Object.entries(duplicates).map(([, rows]) => `${rows} dropped as a duplicate`),
    ...warned.map(([, rule, rows]) => `${rows} rows warned of: \`${rule}\``),
  ];
  return `${parts.length === 0 ? 'read as it is meant' : parts.join('; ')}${remarks}`;
}

function becomesOfExperiments({ decisions, warns, revenue, duplicates = 0 }: ExperimentCase): string {
  const several = Object.keys(decisions).length > 1;
  const parts = Object.entries(decisions).map(
    ([id, [action, reason]]) =>
      `${several ? `\`${id}\`: ` : ''}${action.replaceAll('_', ' ')}${reason === undefined ? '' : `: “${reason}”`}`,
  );
  return [
    ...parts,
    ...(warns === undefined ? [] : [`with the note “${warns}”`]),
    ...(duplicates === 0 ? [] : [`${duplicates} events dropped as duplicates`]),
    ...(revenue === undefined ? [] : ['every purchase counts once']),
  ].join('; ');
}
