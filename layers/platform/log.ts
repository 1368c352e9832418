/** One JSON object a line on standard output, as CloudWatch Logs Insights reads it. */
export interface Logger {
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** A logger whose every line carries `common`. */
export function createLogger(common: Record<string, unknown>): Logger {
  const write = (level: string, message: string, fields: Record<string, unknown> = {}) => {
    process.stdout.write(`${JSON.stringify({ level, message, ...common, ...fields }, describeErrors)}\n`);
  };
  return {
    info: (message, fields) => write('info', message, fields),
    warn: (message, fields) => write('warn', message, fields),
    error: (message, fields) => write('error', message, fields),
  };
}

function describeErrors(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (!(value instanceof Error)) return value;
  return { name: value.name, message: value.message, stack: value.stack, cause: value.cause };
}

/** Says nothing: for whoever tells of the work in other ways. */
export const silentLogger: Logger = { info: () => {}, warn: () => {}, error: () => {} };
