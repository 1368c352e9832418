import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { ConfigError, type Fault, PipelineError, UsageError } from '../../layers/platform/errors.ts';
import { NotDeployed } from '../pipeline/executions.ts';
import { note, visible } from '../terminal.ts';
import { Conversions } from './conversions.ts';
import { Guard } from './guard.ts';
import { layout } from './pages/layout.ts';
import { problemPage } from './pages/problem.ts';
import { json, page, type Reply, send } from './reply.ts';
import { BadRequest, dispatch } from './routes.ts';
import type { Site } from './site.ts';

export interface RunningServer {
  readonly url: string;
  readonly close: () => Promise<void>;
}

const host = '127.0.0.1';

/**
 * Serves the pages on this machine's loopback address.
 * @param port 0 for any that is free
 * @throws UsageError where the port is taken
 */
export async function serve(site: Site, port: number): Promise<RunningServer> {
  // An upload may take as long as it takes.
  const server = createServer({ requestTimeout: 0 });
  const bound = await listen(server, port);
  const guard = new Guard(bound);
  const conversions = new Conversions();
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    answer(site, conversions, guard, request)
      .then((reply) => send(request, response, reply))
      .catch((error: unknown) => {
        // The browser went away, or S3 did in the middle of a file.
        if (!response.destroyed && !response.writableEnded)
          note(`${request.method} ${visible(request.url ?? '')}: ${messageOf(error)}`);
        response.destroy();
      });
  });
  return {
    url: `http://${host}:${bound}`,
    close: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await conversions.close();
    },
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') return reject(error);
      reject(
        new UsageError(
          {
            what: error.code === 'EACCES' ? `port ${port} needs more rights` : `port ${port} is taken`,
            where: `${host}:${port}`,
            remedy: 'Take another: ./ecom ui --port <n>, or --port 0 for any that is free',
          },
          { cause: error },
        ),
      );
    });
    server.listen(port, host, () => {
      const address = server.address();
      resolve(address !== null && typeof address === 'object' ? address.port : port);
    });
  });
}

async function answer(
  site: Site,
  conversions: Conversions,
  guard: Guard,
  request: IncomingMessage,
): Promise<Reply> {
  const target = request.url ?? '/';
  const url = URL.canParse(target, `http://${host}`) ? new URL(target, `http://${host}`) : null;
  const asJson = url?.pathname.startsWith('/api/') ?? false;
  const { token } = guard;
  const problem = (status: number, fault: Fault) =>
    asJson ? json({ error: fault }, status) : page(layout(problemPage(fault, status), token), status);
  const refusal = guard.refusal(request);
  if (refusal !== undefined) {
    // Nothing of a page for whoever came by another name: it would hold the token.
    return json({ error: refusal.fault }, refusal.status);
  }
  try {
    const reply =
      url === null
        ? undefined
        : await dispatch(url.pathname, { site, conversions, token, request, query: url.searchParams });
    if (reply === undefined) {
      return problem(404, {
        what: 'there is no such page',
        where: url?.pathname,
        remedy: 'Begin with the runs',
      });
    }
    if (reply === 'no method') return problem(405, { what: `this address does not take ${request.method}` });
    return reply;
  } catch (error) {
    if (!(error instanceof PipelineError || isUnreachable(error)))
      note(`${request.method} ${visible(request.url ?? '')}: ${messageOf(error)}`);
    return problem(statusOf(error, request), faultOf(error));
  }
}

function statusOf(error: unknown, { method }: IncomingMessage): number {
  const reads = method === 'GET' || method === 'HEAD';
  if (error instanceof BadRequest) return 400;
  if (error instanceof NotDeployed || isUnreachable(error)) return 503;
  if (error instanceof UsageError) return reads ? 404 : 422;
  // What somebody uploads brings its own configuration; what somebody reads, that of the deployment.
  if (error instanceof ConfigError) return reads ? 503 : 422;
  return error instanceof PipelineError ? 503 : 500;
}

/** What a person is told; the details of what nobody foresaw stay on the terminal. */
function faultOf(error: unknown): Fault {
  if (error instanceof PipelineError) return error.fault;
  if (isUnreachable(error)) {
    return {
      what: 'the pipeline does not answer',
      remedy: 'See what runs: ./ecom status. Start it: ./ecom up',
    };
  }
  return { what: 'something went wrong that nobody foresaw', remedy: 'The terminal of ecom ui says more' };
}

function isUnreachable(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|ETIMEDOUT)$/.test(String(error.code))
  );
}

function messageOf(error: unknown): string {
  return visible(error instanceof Error ? error.message || error.name : String(error));
}
