import type { ColumnSource } from '../data/column-binding.ts';
import { editDistance } from '../platform/nearest.ts';
import type { Config } from './config.ts';

/** A variant as the assignments spell it, and how many users have it. */
export interface LabelUsers {
  readonly variant: string;
  readonly users: number;
}

/** A variant that is probably none of the experiment's. */
export interface StrayLabel extends LabelUsers {
  /** The variant that it is probably a misspelling of; null where none is like it. */
  readonly like: string | null;
}

/** Share of the largest variant's users below which a variant has hardly any. */
const hardlyAny = 0.01;

/**
 * Variants that are probably misspellings of others, or none: those that differ from a larger one in case, blanks and
 * hyphens alone, and those with hardly any users. Makes sense where all variants are meant to be of one size.
 */
export function strayLabels(labels: readonly LabelUsers[]): StrayLabel[] {
  const bySize = labels.toSorted((a, b) => b.users - a.users);
  const largest = bySize[0]?.users ?? 0;
  const kept: string[] = [];
  const likes = new Map<string, string | null>();
  for (const { variant, users } of bySize) {
    const same = kept.find((other) => plain(other) === plain(variant));
    if (same !== undefined) likes.set(variant, same);
    else if (users < hardlyAny * largest) likes.set(variant, similarLabel(variant, kept) ?? null);
    else kept.push(variant);
  }
  return labels.flatMap((label) => {
    const like = likes.get(label.variant);
    return like === undefined ? [] : [{ ...label, like }];
  });
}

/** The same of the arms of an experiment. A control that is like no other arm is one, however few users it has. */
export function strayArms(arms: readonly LabelUsers[], control: string): StrayLabel[] {
  return strayLabels(arms).filter(({ variant, like }) => like !== null || variant !== control);
}

/** The labels that are not stray, with the users whose variant is a misspelling of theirs. */
export function withMisspelt(labels: readonly LabelUsers[], strays: readonly StrayLabel[]): LabelUsers[] {
  const strayOf = new Map(strays.map(({ variant, like }) => [variant, like]));
  return labels
    .filter(({ variant }) => !strayOf.has(variant))
    .map((label) => ({
      variant: label.variant,
      users: labels
        .filter(({ variant }) => strayOf.get(variant) === label.variant)
        .reduce((sum, { users }) => sum + users, label.users),
    }));
}

/**
 * The one of `others` that `label` is probably a misspelling of. Labels that differ in a number or in a letter that
 * stands alone (`variant_a`, `variant_b`) are called so on purpose.
 */
export function similarLabel(label: string, others: readonly string[]): string | undefined {
  const same = others.find((other) => plain(other) === plain(label));
  if (same !== undefined) return same;
  const near = others
    .map((other) => ({ other, distance: editDistance(plain(label), plain(other)) }))
    .filter(
      ({ other, distance }) =>
        distance <= (plain(label).length < 7 ? 1 : 2) && skeleton(label) !== skeleton(other),
    )
    .toSorted((a, b) => a.distance - b.distance);
  const [first, second] = near;
  return first === undefined || first.distance === second?.distance ? undefined : first.other;
}

/** `Bb (4 users) and b (1 user) look like B`. */
export function strayText(strays: readonly StrayLabel[]): string {
  const likes = [...new Set(strays.map(({ like }) => like))];
  return likes
    .map((like) => {
      const own = strays.filter((stray) => stray.like === like);
      const names = own.map(({ variant, users }, i) => {
        const unit = i > 0 ? '' : users === 1 ? ' user' : ' users';
        return `${variant} (${users.toLocaleString('en-US')}${unit})`;
      });
      const verb = own.length === 1 ? 's' : '';
      return like === null
        ? `${listed(names)} ${own.length === 1 ? 'has' : 'have'} hardly any users`
        : `${listed(names)} look${verb} like ${like}`;
    })
    .join(', and ');
}

/**
 * The line of experiment.yaml that gives the users of misspelt variants to the right ones, where those are known; else
 * the one that says which variants there are. Lines that are in `schema` already are kept.
 */
export function strayRemedy(
  strays: readonly StrayLabel[],
  {
    experimentId,
    variants,
    schema,
  }: {
    readonly experimentId: string;
    /** The experiment's variants, without the strays. */
    readonly variants: readonly string[];
    readonly schema: Config['schema'];
  },
): string {
  const known = strays.flatMap(({ variant, like }) => (like === null ? [] : [[variant, like] as const]));
  if (known.length === 0) {
    const share = variants.length === 2 ? '0.5' : '<share>';
    return `experiments: { ${key(experimentId)}: { weights: { ${variants.map((variant) => `${key(variant)}: ${share}`).join(', ')} } } }`;
  }
  return renamingLine('variant', known, schema);
}

/** The line of experiment.yaml that renames values of a column of the assignments. Lines that are in `schema` already are kept. */
export function renamingLine(
  name: 'variant' | 'experiment_id',
  renamed: readonly (readonly [from: string, to: string])[],
  schema: Config['schema'],
): string {
  const { column, values } = sourceOf(schema.experiment_assignments?.[name], name);
  const all = [...Object.entries(values), ...renamed].map(([from, to]) => `${key(from)}: ${key(to)}`);
  return `schema: { experiment_assignments: { ${name}: { column: ${key(column)}, values: { ${all.join(', ')} } } } }`;
}

function sourceOf(
  source: ColumnSource | undefined,
  name: string,
): { column: string; values: Record<string, string> } {
  if (source === undefined) return { column: name, values: {} };
  if (typeof source === 'string') return { column: source, values: {} };
  if (Array.isArray(source)) return { column: source[0] ?? name, values: {} };
  return { column: source.column ?? name, values: source.values ?? {} };
}

/** Whether two labels differ in case, blanks, hyphens and underscores at most. */
export function isSameLabel(a: string, b: string): boolean {
  return plain(a) === plain(b);
}

function plain(label: string): string {
  return label
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s_-]+/g, '');
}

/** What is left of a label without its numbers and the letters that stand alone. */
function skeleton(label: string): string {
  return label
    .normalize('NFKC')
    .toLowerCase()
    .split(/[^\p{Letter}]+/u)
    .filter((word) => word.length > 1)
    .join('');
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** A text as YAML takes it, within braces. */
function key(text: string): string {
  const isPlain = /^[A-Za-z_][\w-]*$/.test(text) && !/^(y|n|yes|no|on|off|true|false|null)$/i.test(text);
  return isPlain ? text : JSON.stringify(text);
}
