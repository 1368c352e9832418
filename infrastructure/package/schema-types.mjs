/** TypeScript for a JSON Schema, as far as the report's schema goes. */

/**
 * @typedef {boolean | {
 *   readonly $ref?: string,
 *   readonly const?: unknown,
 *   readonly enum?: readonly unknown[],
 *   readonly type?: string | readonly string[],
 *   readonly anyOf?: readonly Schema[],
 *   readonly oneOf?: readonly Schema[],
 *   readonly items?: Schema,
 *   readonly prefixItems?: readonly Schema[],
 *   readonly properties?: Readonly<Record<string, Schema>>,
 *   readonly required?: readonly string[],
 *   readonly additionalProperties?: Schema,
 *   readonly description?: string,
 *   readonly $defs?: Readonly<Record<string, Schema>>,
 * }} Schema
 */

/**
 * Declarations of the schema, as the type `name`, and of each of its definitions.
 * @param {string} name
 * @param {Exclude<Schema, boolean>} schema
 */
export function declarationsOf(name, schema) {
  const parts = Object.entries(schema.$defs ?? {}).map(([part, definition]) => [typeName(part), definition]);
  return [[name, schema], ...parts]
    .map(([type, definition]) => `export type ${type} = ${typeOf(/** @type {Schema} */ (definition))};\n`)
    .join('\n');
}

/**
 * @param {Schema} schema
 * @returns {string}
 */
function typeOf(schema) {
  if (typeof schema === 'boolean') return schema ? 'unknown' : 'never';
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return union(choices.map(typeOf));
  if (schema.$ref !== undefined) return typeName(schema.$ref.slice('#/$defs/'.length));
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return union(schema.enum.map((value) => JSON.stringify(value)));
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? []);
  if (types.length === 0) throw new Error(`no type for ${JSON.stringify(schema)}`);
  return union(types.map((type) => typeOfKind(type, schema)));
}

/**
 * @param {string} kind
 * @param {Exclude<Schema, boolean>} schema
 */
function typeOfKind(kind, schema) {
  if (kind === 'array') {
    const { prefixItems, items = true } = schema;
    return prefixItems === undefined
      ? `readonly (${typeOf(items)})[]`
      : `readonly [${prefixItems.map(typeOf).join(', ')}]`;
  }
  if (kind === 'object') return objectType(schema);
  return kind === 'integer' ? 'number' : kind;
}

/** @param {Exclude<Schema, boolean>} schema */
function objectType({ properties = {}, required = [], additionalProperties = true }) {
  const names = Object.keys(properties);
  if (names.length === 0) return `Readonly<Record<string, ${typeOf(additionalProperties)}>>`;
  const members = Object.entries(properties).map(
    ([key, value]) => `readonly ${key}${required.includes(key) ? '' : '?'}: ${typeOf(value)};`,
  );
  return `{ ${members.join(' ')} }`;
}

/** @param {readonly string[]} types */
function union(types) {
  return [...new Set(types)].join(' | ');
}

/** @param {string} definition */
function typeName(definition) {
  return definition.charAt(0).toUpperCase() + definition.slice(1);
}
