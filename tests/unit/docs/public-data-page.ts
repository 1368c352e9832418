import { markdownTable } from '../../oracle/document.ts';
import { type DataSet, dataSets, type Figures, type Result, results } from '../../public-data/data-sets.ts';

/** docs/public-data.md: public data sets that were taken through `ecom init` and `ecom analyze`. */
export function publicDataPage(): string {
  const rows = results.map((result) => {
    const dataSet = dataSets.find(({ name }) => name === result.name);
    if (dataSet === undefined) throw new Error(`results.json has ${result.name}, and data-sets.json has not`);
    return [
      `${result.name}: [${dataSet.repository}](https://github.com/${dataSet.repository}/tree/${dataSet.commit}), ${dataSet.files.map((file) => `\`${file}\``).join(', ')}`,
      dataSet.shape,
      saidOf(dataSet),
      ...outcomeOf(result),
    ];
  });
  return `${[
    '# Public data sets',
    'Generated from `tests/public-data/results.json`; a test keeps it current.',
    [
      'Files of public repositories, as they lie there, taken through `ecom init` and `ecom analyze` without a line of a script or of',
      "YAML but the control's name, where `init` asks for it. The figures are those of the analysis, and equal to those that",
      '`tests/public-data/compute.py` has of the file alone with pandas, scipy and statsmodels: users, means, lift, the interval of the',
      'difference, p; amounts to the cent, exact repetitions once unless rows have no id. Not all are experiments with an honest split; that is for the checks of the report to say. Where nothing is read,',
      'the reason is the message of the product. `tests/public-data/run.ts` does it again, on a folder that you fill with the files; they',
      'are not part of this project.',
    ].join('\n'),
    markdownTable(['data set', 'shape', 'what was said', 'users', 'control, arms', 'p'], rows),
  ].join('\n\n')}\n`;
}

function saidOf({ init, control }: DataSet): string {
  const options = init.map((word) => (word.includes(' ') ? `"${word}"` : word)).join(' ');
  const said = [
    ...(options === '' ? [] : [`\`${options}\``]),
    ...(control === undefined ? [] : [`control \`${control}\``]),
  ];
  return said.length === 0 ? 'nothing' : said.join(', ');
}

function outcomeOf({ product, refused }: Result): readonly [string, string, string] {
  const [first] = product;
  if (first === undefined) return ['', `not read: ${refused ?? 'no comparison'}`.replaceAll('|', '\\|'), ''];
  const users = product.reduce((sum, { treatment }) => sum + treatment.n, first.control.n);
  return [
    users.toLocaleString('en'),
    [first.control.mean, ...product.map(({ treatment }) => treatment.mean)].map(short).join(', '),
    product.map(({ p }: Figures) => (p < 1e-4 ? '< 0.0001' : p.toFixed(4))).join(', '),
  ];
}

function short(mean: number): string {
  return mean <= 1 ? `${(100 * mean).toFixed(2)} %` : mean.toFixed(2);
}
