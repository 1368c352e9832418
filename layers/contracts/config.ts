import { type Document, isMap, isScalar, LineCounter, type Pair, parseDocument } from 'yaml';
import type { z } from 'zod';
import { checkReferences } from './config-references.ts';
import { type Config, configSchema, type ExperimentSettings } from './config-schema.ts';
import { ConfigError } from './errors/index.ts';
import { nearest } from './nearest.ts';

export type { ColumnSource, Config, DeclaredMetric, ExperimentSettings } from './config-schema.ts';

/** One YAML file of a configuration: its name as errors show it, and its text. */
export interface ConfigFile {
  readonly name: string;
  readonly text: string;
}

type Tree = Record<string, unknown>;
type Path = readonly (string | number)[];

interface ParsedFile {
  readonly name: string;
  readonly document: Document;
  readonly lines: LineCounter;
  readonly tree: Tree;
}

/**
 * Merges configuration files, later ones over earlier ones (maps merge, lists and scalars replace, null takes an
 * inherited guardrail, cap, alias or metric out; each named experiment starts from "*"), and validates the whole.
 * @throws ConfigError naming file, line, column and, for an unknown key, the nearest known one
 */
export function loadConfig(files: readonly ConfigFile[]): Config {
  const parsed = files.map(parse);
  const merged = parsed.reduce<Tree>((under, file) => merge(under, file.tree), {});
  const expanded = expandExperiments(merged);
  const result = configSchema.safeParse(expanded);
  if (!result.success) throw issueToError(result.error.issues, parsed);
  for (const problem of checkReferences(result.data)) {
    throw new ConfigError({
      what: problem.what,
      where: locate(problem.path, parsed),
      remedy: problem.remedy,
    });
  }
  return result.data;
}

/** Settings of `experimentId`: its own, else those of "*". */
export function settingsOf(config: Config, experimentId: string): ExperimentSettings {
  const settings = config.experiments[experimentId] ?? config.experiments['*'];
  if (settings === undefined) {
    throw new ConfigError({
      what: `experiment "${experimentId}" has no settings`,
      where: 'experiments',
      remedy: 'Name it there, or add "*" for all that are not named',
    });
  }
  return settings;
}

function parse(file: ConfigFile): ParsedFile {
  const lines = new LineCounter();
  const document = parseDocument(file.text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw new ConfigError(
      {
        what: `not valid YAML: ${error.message}`,
        where: `${file.name}:${line}:${col}`,
        remedy: 'Correct the file',
      },
      { cause: error },
    );
  }
  const tree: unknown = document.toJS() ?? {};
  if (!isTree(tree)) {
    throw new ConfigError({
      what: 'a configuration is a map of keys to values',
      where: `${file.name}:1:1`,
      remedy: 'See config/base.yaml for the shape',
    });
  }
  return { name: file.name, document, lines, tree };
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Maps whose entries have names of the author's choosing: there, null takes an inherited entry out. */
const openMaps = new Set(['guardrails', 'capping', 'event_aliases', 'metrics']);

function merge(under: Tree, over: Tree, parent?: string): Tree {
  const result: Tree = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = result[key];
    if (value === null && parent !== undefined && openMaps.has(parent)) delete result[key];
    else result[key] = isTree(below) && isTree(value) ? merge(below, value, key) : value;
  }
  return result;
}

function expandExperiments(tree: Tree): Tree {
  const experiments = tree.experiments;
  if (!isTree(experiments) || !isTree(experiments['*'])) return tree;
  const star = experiments['*'];
  const expanded = Object.entries(experiments).map(([id, own]) => [id, isTree(own) ? merge(star, own) : own]);
  return { ...tree, experiments: Object.fromEntries(expanded) };
}

function issueToError(issues: readonly z.core.$ZodIssue[], files: readonly ParsedFile[]): ConfigError {
  const issue = deepest(issues);
  const path = issue.path.filter((part): part is string | number => typeof part !== 'symbol');
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    const known = nearest(key, knownKeysAt(path));
    return new ConfigError({
      what: `unknown key "${[...path, key].join('.')}"`,
      where: locate([...path, key], files),
      remedy:
        known === undefined ? 'Remove it, or see config/base.yaml for the keys' : `Did you mean "${known}"?`,
    });
  }
  return new ConfigError({
    what: `"${path.join('.')}" is not right: ${issue.message}`,
    where: locate(path, files),
    remedy: 'See config/base.yaml for what can stand there',
  });
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
    .filter((found) => found.path.length > path.length || found.code === 'unrecognized_keys');
  return inner.toSorted((a, b) => b.path.length - a.path.length)[0] ?? absolute;
}

/** Keys that the schema knows below `path`, found by asking it about an object with an impossible key. */
function knownKeysAt(path: Path): string[] {
  let schema: unknown = configSchema;
  for (const part of path) schema = stepInto(schema, part);
  return shapeKeys(schema);
}

function stepInto(schema: unknown, part: string | number): unknown {
  const { def } = schema as z.ZodType;
  const definition = def as unknown as Record<string, unknown>;
  if (isTree(definition.shape)) return definition.shape[part];
  if (definition.valueType !== undefined) return definition.valueType;
  if (definition.innerType !== undefined) return stepInto(definition.innerType, part);
  if (Array.isArray(definition.options)) {
    return definition.options.map((option) => stepInto(option, part)).find((found) => found !== undefined);
  }
  return undefined;
}

function shapeKeys(schema: unknown): string[] {
  if (schema === undefined) return [];
  const definition = (schema as z.ZodType).def as unknown as Record<string, unknown>;
  if (isTree(definition.shape)) return Object.keys(definition.shape);
  if (definition.innerType !== undefined) return shapeKeys(definition.innerType);
  if (Array.isArray(definition.options)) return definition.options.flatMap(shapeKeys);
  return [];
}

/** `file:line:column` of `path`, in the last file that says something about it (or about its nearest parent). */
function locate(path: Path, files: readonly ParsedFile[]): string {
  const candidates = [path, ...starredPath(path)];
  for (let depth = path.length; depth > 0; depth -= 1) {
    for (const file of files.toReversed()) {
      for (const candidate of candidates) {
        const position = positionOf(file, candidate.slice(0, depth));
        if (position !== undefined) return position;
      }
    }
  }
  return files.at(-1)?.name ?? 'configuration';
}

/** A named experiment's setting may have been inherited from "*". */
function starredPath(path: Path): Path[] {
  return path[0] === 'experiments' && path.length > 1 ? [['experiments', '*', ...path.slice(2)]] : [];
}

function positionOf(file: ParsedFile, path: Path): string | undefined {
  const parent = path.length === 1 ? file.document.contents : file.document.getIn(path.slice(0, -1), true);
  if (!isMap(parent)) return undefined;
  const pair = parent.items.find(
    (item: Pair) => isScalar(item.key) && String(item.key.value) === String(path.at(-1)),
  );
  if (pair === undefined || !isScalar(pair.key) || !pair.key.range) return undefined;
  const { line, col } = file.lines.linePos(pair.key.range[0]);
  return `${file.name}:${line}:${col}`;
}
