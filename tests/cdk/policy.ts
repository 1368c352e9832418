/** The part of IAM that the stack's policies use; anything else of it is refused here, so that it is not passed over. */
export interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** A call as AWS authorises it. */
export interface Call {
  readonly action: string;
  readonly resource: string;
}

/** What is known of the request beside action and resource, by condition key. */
export type RequestContext = Readonly<Record<string, string>>;

const list = <Item>(value: Item | readonly Item[]): readonly Item[] =>
  Array.isArray(value) ? value : [value as Item];

/** Whether `text` matches a pattern in which `*` stands for any characters and `?` for one. */
export function matches(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(text);
}

const operators: Readonly<Record<string, (asked: string, given: string) => boolean>> = {
  StringEquals: (asked, given) => asked === given,
  StringLike: matches,
  ArnLike: matches,
  Bool: (asked, given) => asked.toLowerCase() === given.toLowerCase(),
  NumericLessThan: (asked, given) => Number(given) < Number(asked),
};

/** Whether a statement speaks of the call: every condition has to hold, and one of a key that is not there does not. */
export function applies(statement: Statement, { action, resource }: Call, context: RequestContext): boolean {
  const conditions = Object.entries(statement.Condition ?? {}).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, asked]) => ({ operator, key, asked: list(asked) })),
  );
  return (
    list(statement.Action).some((pattern) => matches(pattern.toLowerCase(), action.toLowerCase())) &&
    list(statement.Resource).some((pattern) => matches(pattern, resource)) &&
    conditions.every(({ operator, key, asked }) => {
      const holds = operators[operator];
      if (holds === undefined) throw new Error(`the operator ${operator} is not simulated`);
      const given = context[key];
      return given !== undefined && asked.some((value) => holds(value, given));
    })
  );
}

/** Allowed by a statement, and denied by none. */
export function isAllowed(
  statements: readonly Statement[],
  call: Call,
  context: RequestContext = {},
): boolean {
  const spoken = statements.filter((statement) => applies(statement, call, context));
  return spoken.some(({ Effect }) => Effect === 'Allow') && spoken.every(({ Effect }) => Effect === 'Allow');
}

/** The single permissions of statements that allow: an action on a resource each. */
export function permissionsIn(statements: readonly Statement[]): Statement[] {
  return statements
    .filter(({ Effect }) => Effect === 'Allow')
    .flatMap(({ Action, Resource, ...rest }) =>
      list(Action).flatMap((action) =>
        list(Resource).map((resource) => ({ ...rest, Action: action, Resource: resource })),
      ),
    );
}
