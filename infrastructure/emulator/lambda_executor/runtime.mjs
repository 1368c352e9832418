// The Lambda runtime for Node.js: asks the Runtime API for invocations and calls one handler.
// Error names, messages and log lines are those of AWS's own runtime.
import { existsSync } from 'node:fs';
import { Agent, request } from 'node:http';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';

const api = new URL(`http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/`);
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
/** @type {string | undefined} */
let requestId;

/**
 * @param {string} method
 * @param {string} route
 * @param {Record<string, string>} headers
 * @returns {Promise<{ headers: import('node:http').IncomingHttpHeaders, body: string }>}
 */
function call(method, route, body = '', headers = {}) {
  return new Promise((resolve) => {
    const bytes = Buffer.from(body);
    const options = { agent, method, headers: { ...headers, 'Content-Length': bytes.length } };
    const sent = request(new URL(route, api), options, (answer) => {
      /** @type {Buffer[]} */
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('end', () => resolve({ headers: answer.headers, body: Buffer.concat(chunks).toString() }));
    });
    sent.on('socket', leaveWithServer);
    sent.on('error', leave);
    sent.end(bytes);
  });
}

const watched = new WeakSet();

/**
 * The connection lives as long as the emulator does.
 * @param {import('node:net').Socket} socket
 */
function leaveWithServer(socket) {
  if (watched.has(socket)) return;
  watched.add(socket);
  socket.setNoDelay(true);
  socket.on('close', leave);
}

/**
 * The emulator is gone. Its watchdog kills this process with all it started, which must still be there to be found:
 * so it leaves by itself only when that does not happen.
 */
function leave() {
  setTimeout(() => process.exit(1), 2000);
}

class RuntimeError extends Error {
  /**
   * @param {string} name
   * @param {string} message
   * @param {ErrorOptions} [options]
   */
  constructor(name, message, options) {
    super(message, options);
    this.name = `Runtime.${name}`;
  }
}

/**
 * The answer for a thrown value, as the caller of the function sees it.
 * @param {unknown} thrown
 */
function toAnswer(thrown) {
  if (!(thrown instanceof Error))
    return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
  return { errorType: thrown.name, errorMessage: thrown.message, trace: (thrown.stack ?? '').split('\n') };
}

/**
 * The same for the log, with its own properties (`code` and the like) and its causes.
 * @param {unknown} thrown
 * @returns {object}
 */
function toLogged(thrown) {
  if (!(thrown instanceof Error)) return { errorType: typeof thrown, errorMessage: String(thrown) };
  const { errorType, errorMessage, trace } = toAnswer(thrown);
  const cause = thrown.cause === undefined ? {} : { cause: toLogged(thrown.cause) };
  return { errorType, errorMessage, ...thrown, stack: trace, ...cause };
}

/**
 * @param {string} route
 * @param {unknown} thrown
 * @param {string} title
 */
async function reportError(route, thrown, title) {
  console.error(title, new LoggedError(thrown));
  const answer = toAnswer(thrown);
  const errorType = answer.errorType.replace(/[^\x20-\x7e]/g, '') || 'Error';
  await call('POST', route, JSON.stringify(answer), {
    'Content-Type': 'application/json',
    'Lambda-Runtime-Function-Error-Type': errorType,
  });
}

/** A thrown value on its way to the log. */
class LoggedError {
  /** @param {unknown} thrown */
  constructor(thrown) {
    this.thrown = thrown;
  }
  toString() {
    try {
      return JSON.stringify(toLogged(this.thrown));
    } catch {
      return JSON.stringify(toAnswer(this.thrown)); // an own property that JSON does not know
    }
  }
}

/** Gives console the line format of AWS: time, request id, level, and carriage returns within a message. */
function formatConsole() {
  const json = process.env.AWS_LAMBDA_LOG_FORMAT === 'JSON';
  const levels = /** @type {const} */ ({
    trace: 'TRACE',
    debug: 'DEBUG',
    log: 'INFO',
    info: 'INFO',
    warn: 'WARN',
    error: 'ERROR',
  });
  for (const [method, level] of Object.entries(levels)) {
    console[/** @type {keyof typeof levels} */ (method)] = (...values) => {
      const message = format(
        ...values.map((value) => (value instanceof LoggedError ? String(value) : value)),
      );
      const timestamp = new Date().toISOString();
      const line = json
        ? JSON.stringify({ timestamp, level, requestId, message })
        : `${timestamp}\t${requestId}\t${level}\t${message.replaceAll('\n', '\r')}`;
      process.stdout.write(`${line}\n`);
    };
  }
}

/** @param {string} file */
async function importModule(file) {
  try {
    return await import(pathToFileURL(file).href);
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new RuntimeError('UserCodeSyntaxError', String(error), { cause: error });
    const code = /** @type {NodeJS.ErrnoException} */ (error)?.code;
    if (code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND') {
      throw new RuntimeError('ImportModuleError', String(error), { cause: error });
    }
    throw error;
  }
}

/**
 * Finds the function named by `_HANDLER`: `folder/file.export`, where the export may be nested.
 * @param {string} handlerName
 */
async function loadHandler(handlerName) {
  const directory = path.dirname(handlerName);
  const [, file, exported] = /^([^.]*)\.(.+)$/.exec(path.basename(handlerName)) ?? [];
  if (!file || !exported) throw new RuntimeError('MalformedHandlerName', `Bad handler ${handlerName}`);
  const base = path.resolve(process.env.LAMBDA_TASK_ROOT ?? '.', directory, file);
  const found = ['.js', '.mjs', '.cjs'].map((extension) => base + extension).find(existsSync);
  if (!found) {
    throw new RuntimeError('ImportModuleError', `Error: Cannot find module '${path.join(directory, file)}'`);
  }
  const module = await importModule(found);
  const pick = (/** @type {any} any shape: it is the user's module */ root) =>
    exported.split('.').reduce((value, name) => value?.[name], root);
  const handler = pick(module) ?? pick(module.default);
  if (handler === undefined)
    throw new RuntimeError('HandlerNotFound', `${handlerName} is undefined or not exported`);
  if (typeof handler !== 'function')
    throw new RuntimeError('HandlerNotFound', `${handlerName} is not a function`);
  if (handler.length >= 3) {
    throw new RuntimeError(
      'CallbackHandlerDeprecated',
      `${handlerName} takes a callback, which newer Node.js runtimes of Lambda do not call: return a promise instead`,
    );
  }
  return handler;
}

/** @param {import('node:http').IncomingHttpHeaders} headers */
function contextOf(headers) {
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  return {
    awsRequestId: requestId,
    callbackWaitsForEmptyEventLoop: true,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
  };
}

/** @param {(event: unknown, context: object) => unknown} handler */
async function serve(handler) {
  for (;;) {
    const { headers, body } = await call('GET', 'invocation/next');
    requestId = String(headers['lambda-runtime-aws-request-id']);
    process.env._X_AMZN_TRACE_ID = String(headers['lambda-runtime-trace-id'] ?? '');
    let answer;
    try {
      answer = JSON.stringify(await handler(JSON.parse(body), contextOf(headers))) ?? 'null';
    } catch (error) {
      await reportError(`invocation/${requestId}/error`, error, 'Invoke Error \t');
      continue;
    }
    await call('POST', `invocation/${requestId}/response`, answer, { 'Content-Type': 'application/json' });
  }
}

const currentErrorRoute = () => (requestId ? `invocation/${requestId}/error` : 'init/error');

process.on('uncaughtException', async (error) => {
  await reportError(currentErrorRoute(), error, 'Uncaught Exception \t');
  process.exit(129);
});
process.on('unhandledRejection', async (reason) => {
  const error = new RuntimeError('UnhandledPromiseRejection', String(reason), { cause: reason });
  await reportError(currentErrorRoute(), error, 'Unhandled Promise Rejection \t');
  process.exit(128);
});

// The SDK's notice about this host's Node.js would be the first error in every log.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
formatConsole();
let handler;
try {
  handler = await loadHandler(process.env._HANDLER ?? '');
} catch (error) {
  await reportError('init/error', error, 'Uncaught Exception \t');
  process.exit(1);
}
await serve(handler);
