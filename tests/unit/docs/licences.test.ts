import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

interface Component {
  readonly name: string;
  readonly licenses?: readonly {
    readonly license?: { readonly id?: string };
    readonly expression?: string;
  }[];
}

/** What the page says it takes to list the components. */
const [, command = ''] =
  /^(npm sbom .*)$/m.exec(readFileSync(path.join(PROJECT_ROOT, 'docs/security.md'), 'utf8')) ?? [];

it('the command of the page lists every component that the product runs on, all of permissive licences', () => {
  const [npm = '', ...args] = command.split(' ');
  const listed = execFileSync(npm, args, { cwd: PROJECT_ROOT, encoding: 'utf8', maxBuffer: 2 ** 26 });
  const { bomFormat, components } = JSON.parse(listed) as { bomFormat: string; components: Component[] };
  expect(bomFormat).toBe('CycloneDX');
  expect(components.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['@duckdb/node-api', '@aws-sdk/client-s3', 'zod', 'pg']),
  );
  const licencesOf = ({ licenses = [] }: Component) =>
    licenses.map(({ license, expression }) => license?.id ?? expression).join();
  expect([...new Set(components.map(licencesOf))].toSorted()).toEqual([
    '',
    'Apache-2.0',
    'Apache-2.0 AND BSL-1.0',
    'BSD-2-Clause',
    'BSD-3-Clause',
    'ISC',
    'MIT',
    'Unlicense',
  ]);
  expect(components.filter((component) => licencesOf(component) === '').map(({ name }) => name)).toEqual([
    'jstat',
  ]);
});
