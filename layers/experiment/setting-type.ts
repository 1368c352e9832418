/** A JSON Schema as far as the reference and messages look at it. */
export interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly propertyNames?: JsonSchema;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
}

/** Whether a schema is one of maps with names of the author's choosing. */
export const isMapSchema = (schema: JsonSchema) => typeof schema.additionalProperties === 'object';

/** The alternatives of a schema, those of alternatives included; itself where it has none. */
export function optionsOf(schema: JsonSchema): JsonSchema[] {
  const options = schema.anyOf ?? schema.oneOf;
  return options === undefined ? [schema] : options.flatMap(optionsOf);
}

/**
 * What a setting takes, in words: `whole number from 1 to 3650`.
 * @param code how a literal is written
 */
export function settingType(schema: JsonSchema, code: (literal: unknown) => string): string {
  const typeOf = (inner: JsonSchema) => settingType(inner, code);
  if (schema.anyOf !== undefined || schema.oneOf !== undefined) {
    return [...new Set(optionsOf(schema).map(typeOf))].join(' or ');
  }
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(code).join(', ');
  switch (schema.type) {
    case 'array':
      return `list of: ${typeOf(schema.items ?? {})}`;
    case 'object':
      return isMapSchema(schema)
        ? `map to: ${typeOf(schema.additionalProperties as JsonSchema)}`
        : objectText(schema, code);
    case 'integer':
    case 'number':
      return `${schema.type === 'integer' ? 'whole number' : 'number'}${bounds(schema)}`;
    case 'string':
      return schema.format === 'date-time' || schema.format === 'date' ? 'date or time' : 'text';
    case 'boolean':
      return `${code(true)}, ${code(false)}`;
    case 'null':
      return code(null);
    default:
      return 'text';
  }
}

/** Braces, which no literal has, tell `code` that this is a shape. */
function objectText(
  { properties = {}, required = [] }: JsonSchema,
  code: (literal: unknown) => string,
): string {
  const entries = Object.entries(properties).map(([key, { const: value }]) =>
    value === undefined ? `${key}${required.includes(key) ? '' : '?'}` : `${key}: ${value}`,
  );
  return code(`{ ${entries.join(', ')} }`);
}

function bounds({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): string {
  const limits = [
    ...(exclusiveMinimum === undefined ? [] : [`above ${exclusiveMinimum}`]),
    ...(minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER ? [] : [`from ${minimum}`]),
    ...(exclusiveMaximum === undefined ? [] : [`below ${exclusiveMaximum}`]),
    ...(maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? [] : [`to ${maximum}`]),
  ];
  return limits.length === 0 ? '' : ` ${limits.join(' ')}`;
}
