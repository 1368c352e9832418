import type { Config, ExperimentSettings, ExposureEvent } from './config.ts';
import type { MetricSettings } from './metrics.ts';
import { isRowAUser } from './user-rows.ts';

/** Of the variants' shares or the guardrails' margins: the names alone. */
type Names = Readonly<Record<string, null>>;

type ExperimentsOf<Settings> = { readonly experiments: Readonly<Record<string, Settings>> };

/** What `stage` sees of the configuration. Bindings of columns come with the chunk. */
export type StageConfig = Pick<Config, 'id_type'> & {
  /** Names of the purchases, in the order of the alphabet. */
  readonly purchases: readonly string[];
};

export function stageConfig({ id_type, events, event_aliases }: Config): StageConfig {
  const aliases = Object.keys(event_aliases).filter((alias) => event_aliases[alias] === events.purchase);
  return { id_type, purchases: [...new Set([events.purchase, ...aliases])].sort() };
}

/** What `clean` sees of the configuration. */
export type CleanConfig = Pick<Config, 'id_type' | 'events' | 'event_aliases' | 'dedupe'> &
  ExperimentsOf<{ readonly exposure: ExposureEvent }>;

export function cleanConfig(config: Config): CleanConfig {
  const { id_type, events, event_aliases, dedupe } = config;
  return {
    id_type,
    events,
    event_aliases,
    dedupe,
    ...experimentsOf(config, ({ exposure }) => ({ exposure: eventOf(exposure) })),
  };
}

/** What `marts` sees of an experiment: nothing of how large values are cut, and nothing of what is made of the numbers. */
export type MartsSettings = Omit<MetricSettings, 'capping'> &
  Pick<ExperimentSettings, 'exposure' | 'outcome_window_days' | 'immature' | 'segments'> & {
    readonly weights: 'equal' | Readonly<Record<string, unknown>>;
  };

/** What `marts` sees of the configuration. */
export type MartsConfig = Pick<Config, 'id_type' | 'events' | 'event_aliases' | 'metrics' | 'exclude_users'> &
  ExperimentsOf<MartsSettings> & {
    /** Whether users' outcomes are complete as they come. */
    readonly isRowAUser?: true;
  };

export function martsConfig(config: Config): MartsConfig {
  const { id_type, events, event_aliases, metrics, exclude_users } = config;
  return {
    id_type,
    events,
    event_aliases,
    metrics,
    exclude_users,
    ...(isRowAUser(config) && { isRowAUser: true as const }),
    ...experimentsOf(config, (settings) => {
      const { exposure, outcome_window_days, immature, segments } = settings;
      return {
        ...metricSettings(settings),
        exposure,
        outcome_window_days,
        immature,
        segments,
        weights: variantsOf(settings),
      };
    }),
  };
}

/** What `measure` sees of an experiment. Windows and exclusions are in the marts already. */
export type MeasureSettings = MetricSettings &
  Pick<ExperimentSettings, 'capping' | 'immature' | 'segments'> & {
    readonly exposure: ExposureEvent;
    readonly weights: 'equal' | Readonly<Record<string, unknown>>;
    readonly ramp: readonly { readonly until: string }[];
  };

/** What `measure` sees of the configuration. */
export type MeasureConfig = Pick<Config, 'events' | 'event_aliases' | 'metrics'> &
  ExperimentsOf<MeasureSettings>;

export function measureConfig(config: Config): MeasureConfig {
  const { events, event_aliases, metrics } = config;
  return {
    events,
    event_aliases,
    metrics,
    ...experimentsOf(config, (settings) => {
      const { exposure, capping, immature, segments, ramp } = settings;
      return {
        ...metricSettings(settings),
        exposure: eventOf(exposure),
        capping,
        immature,
        segments,
        weights: variantsOf(settings),
        ramp: ramp.map(({ until }) => ({ until })),
      };
    }),
  };
}

/** An experiment that differs in nothing from "*" is named for the sake of other stages: here it is one of "*". */
function experimentsOf<Settings>(
  { experiments }: Config,
  slice: (settings: ExperimentSettings) => Settings,
): ExperimentsOf<Settings> {
  const slices = Object.entries(experiments).map(([id, settings]) => [id, slice(settings)] as const);
  const common = JSON.stringify(slices.find(([id]) => id === '*')?.[1]);
  const own = slices.filter(([id, settings]) => id === '*' || JSON.stringify(settings) !== common);
  return { experiments: Object.fromEntries(own) };
}

function metricSettings({ primary, secondary, guardrails, cuped }: ExperimentSettings) {
  return { primary, secondary, guardrails: namesOf(guardrails), cuped };
}

function variantsOf({ weights }: ExperimentSettings): 'equal' | Names {
  return weights === 'equal' ? weights : namesOf(weights);
}

function namesOf(values: Readonly<Record<string, unknown>>): Names {
  return Object.fromEntries(Object.keys(values).map((name) => [name, null]));
}

function eventOf(exposure: ExperimentSettings['exposure']): ExposureEvent {
  return exposure === 'assignment' ? exposure : { event: exposure.event };
}
