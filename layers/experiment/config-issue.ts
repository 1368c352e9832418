import { z } from 'zod';
import type { Fault } from '../platform/errors.ts';
import { nearest } from '../platform/nearest.ts';
import { configSchema } from './config-schema.ts';
import { type JsonSchema, optionsOf, settingType } from './setting-type.ts';

export type Path = readonly (string | number)[];

/** A mistake in a configuration, and where in its tree it is. */
export interface Mistake extends Pick<Fault, 'what' | 'remedy'> {
  readonly path: Path;
}

const reference = 'docs/configuration.md says what each key takes';

/** What the schema found in `tree`, in words: what stands there, what is expected, and what was probably meant. */
export function mistakeIn(issues: readonly z.core.$ZodIssue[], tree: unknown): Mistake {
  const issue = deepest(issues);
  const path = issue.path.filter((part): part is string | number => typeof part !== 'symbol');
  const name = `"${path.join('.')}"`;
  if (issue.code === 'unrecognized_keys') return unknownKey(path, issue.keys[0] ?? '', tree);
  if (issue.code === 'invalid_key') {
    const what = `${name} ${issue.issues[0]?.message ?? 'is no name'}`;
    return { path, what, remedy: 'Give it another name' };
  }
  const value = at(tree, path);
  // Messages of the schema's own begin in lower case; those of zod do not.
  if (/^[a-z]/.test(issue.message)) {
    const found = typeof value === 'object' ? '' : ` is ${literal(value)}, but`;
    return { path, what: `${name}${found} ${issue.message}`, remedy: reference };
  }
  const expected = schemasAt(path);
  const types = settingType({ anyOf: expected }, literal);
  const what = value === undefined ? `${name} is missing` : `${name} is ${found(value)}`;
  return {
    path,
    what: `${what}${value === undefined ? '; it takes' : ', but takes'}: ${types}`,
    remedy: remedyFor(value, expected),
  };
}

function unknownKey(path: Path, key: string, tree: unknown): Mistake {
  const known = knownKeysAt(path);
  const inner = [...path, key];
  const name = `"${inner.join('.')}"`;
  if (known.includes(key)) {
    const { [key]: _, ...rest } = at(tree, path) as Record<string, unknown>;
    return { path: inner, what: `${name} does not go with ${literal(rest)}`, remedy: reference };
  }
  const near = nearest(key, known);
  const remedy =
    near !== undefined
      ? `Did you mean "${near}"?`
      : `Remove it${known.length === 0 ? '' : `, or use one of: ${known.join(', ')}`}`;
  return { path: inner, what: `unknown key ${name}`, remedy };
}

function remedyFor(value: unknown, expected: readonly JsonSchema[]): string {
  const isShare = expected.some(({ exclusiveMaximum }) => exclusiveMaximum === 1);
  const percent = Number(/^(\d+(?:\.\d+)?)\s*%?$/.exec(String(value))?.[1] ?? Number.NaN);
  if (isShare && percent >= 1 && percent < 100) {
    return `Write ${percent} % as ${Number((percent / 100).toPrecision(6))}`;
  }
  if (typeof value !== 'string') return reference;
  if (expected.some(({ type }) => type === 'array')) return `Write a list: [${value}]`;
  if (expected.flatMap(optionsOf).some(({ format }) => format?.startsWith('date'))) {
    return 'Write it as 2024-05-31 or 2024-05-31T23:59:59Z';
  }
  const takesNumbers = expected.some(({ type }) => type === 'integer' || type === 'number');
  if (takesNumbers && value.trim() !== '' && Number.isFinite(Number(value))) {
    return 'Write the number without quotation marks';
  }
  const literals = expected
    .flatMap(optionsOf)
    .flatMap(({ const: only, enum: several = [] }) => [only, ...several])
    .filter((option) => typeof option === 'string');
  const near = nearest(value, literals);
  return near === undefined ? reference : `Did you mean "${near}"?`;
}

const found = (value: unknown) => (value === null ? 'empty' : literal(value));

/** A value as one writes it, cut where it is long. */
function literal(value: unknown): string {
  const text = typeof value === 'string' && value.startsWith('{') ? value : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

/** Of a union's issues, those of the branch that came furthest say what the author meant. */
function deepest(issues: readonly z.core.$ZodIssue[], prefix: Path = []): z.core.$ZodIssue {
  const [issue] = issues;
  if (issue === undefined) throw new Error('a failed validation has at least one issue');
  const absolute = { ...issue, path: [...prefix, ...issue.path] } as z.core.$ZodIssue;
  if (issue.code !== 'invalid_union') return absolute;
  const path = absolute.path as Path;
  const inner = issue.errors
    .filter((branch) => branch.length > 0)
    .map((branch) => deepest(branch, path))
    .filter(
      (one) =>
        one.path.length > path.length ||
        one.code === 'unrecognized_keys' ||
        // A text where one may stand, but not such a one.
        (one.code === 'invalid_format' && one.format === 'regex'),
    );
  return inner.toSorted((a, b) => b.path.length - a.path.length)[0] ?? absolute;
}

function at(tree: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null
        ? (value as Record<string | number, unknown>)[part]
        : undefined,
    tree,
  );
}

/** What can stand at `path`; several where a union has it in several of its options. */
function schemasAt(path: Path): JsonSchema[] {
  const whole = z.toJSONSchema(configSchema, { io: 'input' }) as JsonSchema;
  return path.reduce<JsonSchema[]>(
    (schemas, part) => schemas.flatMap((schema) => below(schema, part)),
    [whole],
  );
}

function below(schema: JsonSchema, part: string | number): JsonSchema[] {
  const { properties, additionalProperties, items, anyOf = [], oneOf = [] } = schema;
  const own =
    properties?.[part] ??
    (typeof part === 'number' ? items : undefined) ??
    (additionalProperties || undefined);
  const inner = [...anyOf, ...oneOf].flatMap((option) => below(option, part));
  return typeof own === 'object' ? [own, ...inner] : inner;
}

/** Keys that the schema knows below `path`. */
function knownKeysAt(path: Path): string[] {
  const keysOf = ({ properties = {}, anyOf = [], oneOf = [] }: JsonSchema): string[] => [
    ...Object.keys(properties),
    ...[...anyOf, ...oneOf].flatMap(keysOf),
  ];
  return [...new Set(schemasAt(path).flatMap(keysOf))];
}
