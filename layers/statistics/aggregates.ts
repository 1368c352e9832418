import { centred, divide, type Moments, type PairMoments } from './moments.ts';

/** Two columns whose product is summed; the same one twice is its square. */
export type ColumnPair = readonly [a: string, b: string];

/** What is summed: columns, and the products of pairs of them. */
export interface AggregatedColumns {
  readonly columns: readonly string[];
  readonly pairs: readonly ColumnPair[];
  /** Columns whose cubes are summed; none where it is not said. */
  readonly cubes?: readonly string[];
}

/** Sums as JSON keeps them, every integer a decimal string: `products[a][b]` = Σ a·b, each pair once. */
export interface SerializedAggregates {
  readonly sums: Readonly<Record<string, string>>;
  readonly products: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly cubes?: Readonly<Record<string, string>> | undefined;
}

/**
 * Exact sums over some users of named columns and of products of them. All are integers in the columns' stored units
 * (counts, cents, milliseconds), so that adding is associative, commutative and exact: any way of cutting the users into
 * parts gives the same value. Means and variances are derived at the end, by one correctly rounded division. Immutable.
 */
export class Aggregates {
  /** Users. */
  readonly n: bigint;
  private readonly sums: ReadonlyMap<string, bigint>;
  private readonly products: ReadonlyMap<string, ReadonlyMap<string, bigint>>;
  private readonly cubes: ReadonlyMap<string, bigint>;

  private constructor(
    n: bigint,
    sums: ReadonlyMap<string, bigint>,
    products: ReadonlyMap<string, ReadonlyMap<string, bigint>>,
    cubes: ReadonlyMap<string, bigint>,
  ) {
    this.n = n;
    this.sums = sums;
    this.products = products;
    this.cubes = cubes;
  }

  /** Sums that are known elsewhere, such as in the row of a query. */
  static from(
    n: bigint,
    { columns, pairs, cubes = [] }: AggregatedColumns,
    sum: (column: string) => bigint,
    product: (a: string, b: string) => bigint,
    cube: (column: string) => bigint = missing,
  ): Aggregates {
    const products = new Map<string, Map<string, bigint>>();
    for (const [a, b] of pairs) products.set(a, (products.get(a) ?? new Map()).set(b, product(a, b)));
    const each = (names: readonly string[], of: (column: string) => bigint) =>
      new Map(names.map((column) => [column, of(column)]));
    return new Aggregates(n, each(columns, sum), products, each(cubes, cube));
  }

  /** Sums over no users: what adding starts from. */
  static none(columns: AggregatedColumns): Aggregates {
    return Aggregates.from(
      0n,
      columns,
      () => 0n,
      () => 0n,
      () => 0n,
    );
  }

  /**
   * Reads what {@link toJSON} wrote of `n` users.
   * @throws SyntaxError on anything but a decimal integer
   */
  static parse(n: number | bigint, { sums, products, cubes = {} }: SerializedAggregates): Aggregates {
    const integers = (values: Readonly<Record<string, string>>) =>
      new Map(Object.entries(values).map(([column, text]) => [column, integer(text)]));
    return new Aggregates(
      BigInt(n),
      integers(sums),
      new Map(Object.entries(products).map(([column, row]) => [column, integers(row)])),
      integers(cubes),
    );
  }

  /** The same of the users of both, whose columns and pairs must be the same. */
  add(other: Aggregates): Aggregates {
    const { columns, pairs } = this.shape;
    if (other.sums.size !== columns.length || other.shape.pairs.length !== pairs.length) {
      throw new RangeError('sums of other columns do not add up');
    }
    return Aggregates.from(
      this.n + other.n,
      { columns, pairs, cubes: [...this.cubes.keys()].filter((column) => other.cubes.has(column)) },
      (column) => this.sum(column) + other.sum(column),
      (a, b) => this.product(a, b) + other.product(a, b),
      (column) => this.cube(column) + other.cube(column),
    );
  }

  /** The same users' sums of some of the columns and pairs alone, and of those cubes that were summed. */
  restrict({ cubes = [], ...columns }: AggregatedColumns): Aggregates {
    return Aggregates.from(
      this.n,
      { ...columns, cubes: cubes.filter((column) => this.cubes.has(column)) },
      (column) => this.sum(column),
      (a, b) => this.product(a, b),
      (column) => this.cube(column),
    );
  }

  get shape(): AggregatedColumns {
    return {
      columns: [...this.sums.keys()],
      pairs: [...this.products].flatMap(([a, row]) => [...row.keys()].map((b): ColumnPair => [a, b])),
      cubes: [...this.cubes.keys()],
    };
  }

  /** @throws RangeError where the column was not summed */
  sum(column: string): bigint {
    return this.sums.get(column) ?? missing(column);
  }

  /** Sum of the products of two columns, in either order. */
  product(a: string, b: string): bigint {
    return this.products.get(a)?.get(b) ?? this.products.get(b)?.get(a) ?? missing(`${a} x ${b}`);
  }

  private cube(column: string): bigint {
    return this.cubes.get(column) ?? missing(`${column}³`);
  }

  /** n times the centred sum of products; exact. */
  codeviation(a: string, b: string): bigint {
    return centred(this.n, this.sum(a), this.sum(b), this.product(a, b));
  }

  /** Arithmetic mean in stored units; null without users. */
  mean(column: string): number | null {
    return this.n === 0n ? null : divide(this.sum(column), this.n);
  }

  /** Sample variance (n - 1) in squared stored units; null below two users. */
  variance(column: string): number | null {
    return this.covariance(column, column);
  }

  /** Sample covariance (n - 1) in stored units; null below two users. */
  covariance(a: string, b: string): number | null {
    return this.n < 2n ? null : divide(this.codeviation(a, b), this.n * (this.n - 1n));
  }

  /** One column's part, for what is inferred from a single value per user. */
  moments(column: string): Moments {
    const sumCubes = this.cubes.get(column);
    const moments = { n: this.n, sum: this.sum(column), sumSquares: this.product(column, column) };
    return sumCubes === undefined ? moments : { ...moments, sumCubes };
  }

  /** Two columns' part, such as a ratio's numerator x and denominator y. */
  pair(x: string, y: string): PairMoments {
    return {
      n: this.n,
      sumX: this.sum(x),
      sumY: this.sum(y),
      sumXX: this.product(x, x),
      sumYY: this.product(y, y),
      sumXY: this.product(x, y),
    };
  }

  /** Without `n`, which documents tell beside them as the number of users. */
  toJSON(): {
    sums: Record<string, string>;
    products: Record<string, Record<string, string>>;
    cubes?: Record<string, string>;
  } {
    return {
      sums: texts(this.sums),
      products: Object.fromEntries([...this.products].map(([column, row]) => [column, texts(row)])),
      ...(this.cubes.size === 0 ? {} : { cubes: texts(this.cubes) }),
    };
  }
}

function texts(values: ReadonlyMap<string, bigint>): Record<string, string> {
  return Object.fromEntries([...values].map(([column, value]) => [column, String(value)]));
}

function integer(text: string): bigint {
  if (!/^-?\d+$/.test(text)) throw new SyntaxError(`not a decimal integer: ${JSON.stringify(text)}`);
  return BigInt(text);
}

function missing(what: string): never {
  throw new RangeError(`there is no sum of ${what}`);
}
