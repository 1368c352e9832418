import { type Document, isMap, isScalar, LineCounter, type Pair, parseDocument } from 'yaml';
import { ConfigError } from '../platform/errors.ts';
import { mistakeIn, type Path } from './config-issue.ts';
import { checkReferences } from './config-references.ts';
import { type Config, configSchema, type ExperimentSettings } from './config-schema.ts';
import { builtInMetrics } from './metrics/built-in.ts';

export type { Config, ExperimentSettings } from './config-schema.ts';

/** One YAML file of a configuration: its name as errors show it, and its text. */
export interface ConfigFile {
  readonly name: string;
  readonly text: string;
}

/** What the file of each dataset is called in a bucket. */
export type FileNames = Readonly<Record<keyof Config['raw'], string>>;

/** Names and patterns of the files of a dataset, where they may be several; undefined where it is a file or a folder of parts. */
export function patternsOf(name: Config['raw'][keyof Config['raw']]): readonly string[] | undefined {
  if (typeof name !== 'string') return name;
  return /[*/]/.test(name) ? [name] : undefined;
}

/** A dataset of several files is called as it is. */
export function fileNamesOf(raw: Config['raw']): FileNames {
  const named = Object.entries(raw).map(([dataset, name]) => [
    dataset,
    typeof name === 'string' && patternsOf(name) === undefined ? name : `${dataset}.csv`,
  ]);
  return Object.fromEntries(named);
}

type Tree = Record<string, unknown>;

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
  const expanded = withDirections(expandExperiments(merged));
  const result = configSchema.safeParse(expanded);
  if (!result.success) {
    const { path, what, remedy } = mistakeIn(result.error.issues, expanded);
    throw new ConfigError({ what, where: locate(path, parsed), remedy });
  }
  for (const problem of checkReferences(result.data)) {
    throw new ConfigError({
      what: problem.what,
      where: locate(problem.path, parsed),
      remedy: problem.remedy,
    });
  }
  return byCanonicalNames({ ...result.data, experiments: withOneRoleEach(result.data.experiments) });
}

/** Events may be named by any of their names: what is named by an alias means the event that the alias stands for. */
function byCanonicalNames(config: Config): Config {
  const canonical = (event: string) => config.event_aliases[event] ?? event;
  const { exposure, add_to_cart, begin_checkout, purchase, refund } = config.events;
  return {
    ...config,
    events: {
      exposure: canonical(exposure),
      add_to_cart: canonical(add_to_cart),
      begin_checkout: canonical(begin_checkout),
      purchase: canonical(purchase),
      refund: canonical(refund),
    },
    experiments: Object.fromEntries(
      Object.entries(config.experiments).map(([id, settings]) => {
        const { exposure: own } = settings;
        if (own === 'assignment' || own.event === undefined) return [id, settings];
        return [id, { ...settings, exposure: { ...own, event: canonical(own.event) } }];
      }),
    ),
  };
}

/** A metric that is primary is no secondary one, also where the list that names it is the inherited one: it would be tested twice. */
function withOneRoleEach(experiments: Config['experiments']): Config['experiments'] {
  return Object.fromEntries(
    Object.entries(experiments).map(([id, settings]) => {
      const secondary = [...new Set(settings.secondary)].filter((name) => name !== settings.primary);
      return [id, { ...settings, secondary }];
    }),
  );
}

/** Settings of `experimentId`: its own, else those of "*". */
export function settingsOf<Settings = ExperimentSettings>(
  config: { readonly experiments: Readonly<Record<string, Settings>> },
  experimentId: string,
): Settings {
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
      remedy: 'Begin each line with a key and a colon; docs/configuration.md has them all',
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
    else if (!isTree(below) || !isTree(value)) result[key] = value;
    else result[key] = merge(parent === 'guardrails' ? beneathMargin(below, value) : below, value, key);
  }
  return result;
}

/** Who declares a margin has it shown: it takes the inherited margin's place, and that of the rule made for it. */
function beneathMargin(guardrail: Tree, over: Tree): Tree {
  if (over.margin_relative === undefined && over.margin_absolute === undefined) return guardrail;
  const { margin_relative, margin_absolute, require, ...rest } = guardrail;
  return rest;
}

function expandExperiments(tree: Tree): Tree {
  const experiments = tree.experiments;
  if (!isTree(experiments) || !isTree(experiments['*'])) return tree;
  const star = experiments['*'];
  const expanded = Object.entries(experiments).map(([id, own]) => [id, isTree(own) ? merge(star, own) : own]);
  return { ...tree, experiments: Object.fromEntries(expanded) };
}

/** A guardrail that does not say which way is good is as its metric is. */
function withDirections(tree: Tree): Tree {
  const { experiments, metrics } = tree;
  if (!isTree(experiments)) return tree;
  const directionOf = (name: string) => {
    const declared = isTree(metrics) ? metrics[name] : undefined;
    return isTree(declared) ? declared.better : builtInMetrics.find((metric) => metric.name === name)?.better;
  };
  const directed = Object.entries(experiments).map(([id, settings]) => {
    if (!isTree(settings) || !isTree(settings.guardrails)) return [id, settings];
    const guardrails = Object.entries(settings.guardrails).map(([name, guardrail]) => {
      const better = isTree(guardrail) ? (guardrail.better ?? directionOf(name)) : undefined;
      return [name, isTree(guardrail) && better !== undefined ? { ...guardrail, better } : guardrail];
    });
    return [id, { ...settings, guardrails: Object.fromEntries(guardrails) }];
  });
  return { ...tree, experiments: Object.fromEntries(directed) };
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

/** Which event exposes a user, if it is an event that does. */
export type ExposureEvent = 'assignment' | { readonly event?: string | undefined };

/** Names of the events that outcomes and exposures are made of, each once, in the order of the alphabet. */
export function decisiveEvents({
  events,
  experiments,
  event_aliases,
}: Pick<Config, 'events' | 'event_aliases'> & {
  readonly experiments: Readonly<Record<string, { readonly exposure: ExposureEvent }>>;
}): string[] {
  const exposures = Object.values(experiments).flatMap(({ exposure }) =>
    exposure === 'assignment' ? [] : (exposure.event ?? []),
  );
  const names = [...Object.values(events), ...exposures].map((name) => event_aliases[name] ?? name);
  return [...new Set(names)].sort();
}

/** The same, and the events that the metrics of one's own are made of. */
export function decidingNames(
  config: Parameters<typeof decisiveEvents>[0] & Pick<Config, 'metrics'>,
): string[] {
  const own = Object.values(config.metrics).flatMap((metric) =>
    'event' in metric && typeof metric.event === 'string' ? [metric.event] : [],
  );
  return [
    ...new Set([...decisiveEvents(config), ...own.map((name) => config.event_aliases[name] ?? name)]),
  ].sort();
}

/** Rows of an event by all of its names. */
export function rowsOfEvent(
  event: string,
  counts: readonly { readonly event: string; readonly rows: number }[],
  { event_aliases }: Pick<Config, 'event_aliases'>,
): number {
  return counts
    .filter((count) => (event_aliases[count.event] ?? count.event) === event)
    .reduce((sum, { rows }) => sum + rows, 0);
}
