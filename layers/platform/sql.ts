/** A quoted SQL identifier. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A quoted SQL string literal. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** An ISO instant, or a date, as a TIMESTAMP in UTC. */
export function timestamp(instant: string): string {
  return `TIMESTAMP ${literal(new Date(instant).toISOString().replace('T', ' ').replace('Z', ''))}`;
}

/** A list for read_parquet and IN: `['a', 'b']` or `('a', 'b')`. */
export function literalList(texts: readonly string[], brackets: '[]' | '()' = '[]'): string {
  return `${brackets[0]}${texts.map(literal).join(', ')}${brackets[1]}`;
}

/**
 * Fills the `{{name}}` places of a .sql file with SQL text.
 * @throws Error when a place has no value, or a value has no place: both are mistakes of the caller
 */
export function renderSql(template: string, values: Readonly<Record<string, string>>): string {
  const used = new Set<string>();
  const text = template.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`the SQL template has a place {{${name}}} that nothing fills`);
    used.add(name);
    return value;
  });
  const unused = Object.keys(values).filter((name) => !used.has(name));
  if (unused.length > 0) throw new Error(`the SQL template has no place for ${unused.join(', ')}`);
  return text;
}
