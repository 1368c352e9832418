import { parse, stringify } from 'yaml';
import baseConfig from '../../../config/base.yaml';
import { isMapSchema, type JsonSchema, settingType } from '../../../layers/experiment/setting-type.ts';
import { markdownTable } from '../../oracle/document.ts';
import { configJsonSchema } from './experiment-schema.ts';

interface Row {
  readonly key: string;
  readonly type: string;
  readonly fallback: string;
  readonly description: string;
}

/** docs/configuration.md: every setting with its type, its default and what it means. */
export function configurationPage(): string {
  const { properties = {} } = configJsonSchema();
  const base: Record<string, unknown> = parse(baseConfig);
  const sections = Object.entries(properties).map(([key, schema]) => section(key, schema, base[key]));
  return `${[
    '# Configuration',
    'Generated from `layers/experiment/config-schema.ts` and `config/base.yaml`; a test keeps it current.',
    [
      'Every run starts from `config/base.yaml`. A drop brings an `experiment.yaml` beside its CSVs that overlays it: maps merge,',
      'lists and scalars replace, and `null` takes an inherited guardrail, cap, alias or metric out. An unknown key is an error,',
      'which names the line and the nearest known key. `ecom init <dir>` writes one that fits the files of a folder, and',
      '`ecom validate <dir>` checks it. Editors check it, too, when its first line names the schema:',
    ].join('\n'),
    '```yaml\n# yaml-language-server: $schema=<path of this checkout>/docs/experiment.schema.json\n```',
    ...sections,
  ].join('\n\n')}\n`;
}

function section(key: string, schema: JsonSchema, base: unknown): string {
  const all =
    schema.properties || isMapSchema(schema)
      ? rowsBelow(schema, base, key === 'experiments' ? '*' : undefined)
      : [];
  // The five datasets of "schema" take the same: its description tells what.
  const rows = key === 'schema' ? all.filter((row) => !row.key.includes('.')) : all;
  const own: Row = { key, type: typeOf(schema), fallback: yaml(base), description: '' };
  return [`## \`${key}\``, schema.description ?? '', table(rows.length > 0 ? rows : [own])]
    .filter(Boolean)
    .join('\n\n');
}

/** The settings below a map, each with its keys joined by dots. */
function rowsBelow(schema: JsonSchema, base: unknown, entry?: string): Row[] {
  const rows = Object.entries(schema.properties ?? {}).flatMap(([key, below]) =>
    rowsOf(key, below, at(base, key)),
  );
  const { additionalProperties } = schema;
  if (typeof additionalProperties !== 'object') return rows;
  if (entry === undefined) return [...rows, ...rowsOf('<name>', additionalProperties, undefined)];
  // The keys of an experiment's settings are told without its name.
  return [...rows, ...rowsBelow(additionalProperties, at(base, entry))];
}

function rowsOf(key: string, schema: JsonSchema, base: unknown): Row[] {
  const options = [schema, ...(schema.anyOf ?? schema.oneOf ?? [])];
  const row: Row = {
    key,
    type: typeOf(schema),
    fallback: yaml(base === undefined ? schema.default : base),
    description: schema.description ?? '',
  };
  const below = new Map<string, Row>();
  for (const option of options) {
    for (const found of rowsBelow(option, base)) {
      const inner = { ...found, key: `${key}.${found.key}` };
      if (found.description !== '' || schema.properties !== undefined)
        below.set(inner.key, below.get(inner.key) ?? inner);
    }
  }
  return [row, ...below.values()];
}

function at(base: unknown, key: string): unknown {
  return typeof base === 'object' && base !== null ? (base as Record<string, unknown>)[key] : undefined;
}

const typeOf = (schema: JsonSchema) => settingType(schema, code);

function code(value: unknown): string {
  return `\`${value}\``;
}

function yaml(value: unknown): string {
  if (value === undefined) return '';
  return code(stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trim());
}

function table(rows: readonly Row[]): string {
  return markdownTable(
    ['key', 'value', 'default', 'meaning'],
    rows.map(({ key, type, fallback, description }) => [`\`${key}\``, type, fallback, description]),
  );
}
