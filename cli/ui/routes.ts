import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import path from 'node:path';
import { UsageError } from '../../layers/platform/errors.ts';
import style from '../../layers/report/html/style.css?raw';
import { dropNameProblem, processedKeys } from '../../layers/runs/keys.ts';
import { compareRuns } from '../pipeline/compare.ts';
import { decisionHistory, decisionRecord } from '../pipeline/decision-history.ts';
import { findRun } from '../pipeline/executions.ts';
import { listRuns } from '../pipeline/runs.ts';
import type { Conversions } from './conversions.ts';
import { comparePage } from './pages/compare.ts';
import { experimentPage } from './pages/experiment.ts';
import { layout, type Page } from './pages/layout.ts';
import { overviewPage } from './pages/overview.ts';
import { runPage, stagesPage } from './pages/run.ts';
import { uploadPage } from './pages/upload.ts';
import { asset, file, json, page, type Reply } from './reply.ts';
import type { Site } from './site.ts';
import {
  checkListing,
  openConversion,
  readJson,
  receiveFile,
  startRun,
  storeConverted,
  storeFile,
} from './uploads.ts';

/** The address asks for something that cannot be asked for. */
export class BadRequest extends UsageError {}

export interface RouteContext {
  readonly site: Site;
  readonly conversions: Conversions;
  readonly token: string;
  readonly request: IncomingMessage;
  readonly query: URLSearchParams;
}

interface Route {
  readonly method: 'GET' | 'PUT' | 'POST';
  readonly path: RegExp;
  readonly answer: (context: RouteContext, parameter: string, second: string) => Promise<Reply>;
}

const assetFile = (name: string) =>
  readFileSync(path.join(PROJECT_ROOT, 'cli', 'ui', 'assets', name), 'utf8');
const script = 'text/javascript; charset=utf-8';

const routes: readonly Route[] = [
  get(/^\/$/, async ({ site, token, query }) =>
    show(overviewPage(await runs(site, query), query.get('drop')), token),
  ),
  get(/^\/upload$/, async ({ token }) => show(uploadPage(), token)),
  get(/^\/runs\/([^/]+)$/, async ({ site, token }, run) =>
    show(runPage(await site.run(await idOf(site, run))), token),
  ),
  get(/^\/runs\/([^/]+)\/stages$/, async ({ site, token }, run) =>
    show(stagesPage(await site.run(await idOf(site, run))), token),
  ),
  get(/^\/experiments\/([^/]+)$/, async ({ site, token, query }, experiment) =>
    show(experimentPage(experiment, await history(site, experiment, query), query.get('drop')), token),
  ),
  get(/^\/runs\/([^/]+)\/compare$/, async ({ site, token, query }, run) =>
    show(comparePage(await compare(site, run, query), query.get('with')), token),
  ),
  get(/^\/runs\/([^/]+)\/files\/([^/]+)$/, ({ site, query }, run, name) =>
    runFile(site, run, name, query.has('download')),
  ),
  get(/^\/api\/runs$/, async ({ site, query }) => json(await runs(site, query))),
  get(/^\/api\/runs\/([^/]+)$/, async ({ site }, run) => json(await site.run(await idOf(site, run)))),
  get(/^\/api\/runs\/([^/]+)\/compare$/, async ({ site, query }, run) =>
    json(await compare(site, run, query)),
  ),
  get(/^\/api\/experiments\/([^/]+)$/, async ({ site, query }, experiment) =>
    json((await history(site, experiment, query)).map(decisionRecord)),
  ),
  get(/^\/assets\/style\.css$/, async () => asset('text/css; charset=utf-8', style + assetFile('style.css'))),
  get(/^\/assets\/(client|theme)\.js$/, async (_, name) => asset(script, assetFile(`${name}.js`))),
  get(/^\/assets\/icon\.svg$/, async () => asset('image/svg+xml', assetFile('icon.svg'))),
  {
    method: 'POST',
    path: /^\/api\/uploads\/([^/]+)\/check$/,
    answer: async ({ request, conversions }, drop) =>
      json(await checkListing(conversions, drop, await readJson(request))),
  },
  {
    method: 'PUT',
    path: /^\/api\/uploads\/([^/]+)\/file$/,
    answer: async ({ site, request, query }, drop) =>
      json(await storeFile(site.connection, drop, query.get('key') ?? '', request)),
  },
  {
    method: 'POST',
    path: /^\/api\/uploads\/([^/]+)\/start$/,
    answer: async ({ site, request, conversions }, drop) =>
      json(await startRun(site.connection, conversions, drop, await readJson(request))),
  },
  {
    method: 'POST',
    path: /^\/api\/uploads\/([^/]+)\/converted$/,
    answer: async ({ site, request, conversions }, drop) =>
      json(await storeConverted(site.connection, conversions, drop, await readJson(request))),
  },
  {
    method: 'POST',
    path: /^\/api\/conversions$/,
    answer: async ({ request, conversions }) =>
      json(await openConversion(conversions, await readJson(request))),
  },
  {
    method: 'PUT',
    path: /^\/api\/conversions\/([^/]+)\/file$/,
    answer: async ({ request, conversions, query }, id) =>
      json(await receiveFile(conversions, id, query.get('file') ?? '', request)),
  },
];

function get(pattern: RegExp, answer: Route['answer']): Route {
  return { method: 'GET', path: pattern, answer };
}

/** Answer of the route for a request; 'no method' where the path takes another method, undefined where there is none. */
export async function dispatch(
  pathname: string,
  context: RouteContext,
): Promise<Reply | 'no method' | undefined> {
  const method = context.request.method === 'HEAD' ? 'GET' : context.request.method;
  const here = routes.filter((route) => route.path.test(pathname));
  const route = here.find((candidate) => candidate.method === method);
  if (route === undefined) return here.length > 0 ? 'no method' : undefined;
  const [, parameter = '', second = ''] = (route.path.exec(pathname) ?? []).map(decoded);
  return route.answer(context, parameter, second);
}

/** A part of a path as it was meant; one that is not encoded properly names nothing, and stays as it is. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function show(shown: Page, token: string): Reply {
  return page(layout(shown, token));
}

function runs(site: Site, query: URLSearchParams) {
  const limit = Number(query.get('limit') ?? 50);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
    throw new BadRequest({
      what: 'limit is a whole number from 1 to 1000',
      where: `limit=${query.get('limit')}`,
    });
  }
  return listRuns(site.connection, limit, dropOf(query));
}

function dropOf(query: URLSearchParams): string | undefined {
  const drop = query.get('drop') ?? undefined;
  const problem = drop === undefined ? undefined : dropNameProblem(drop);
  if (problem !== undefined) throw new BadRequest({ what: problem, where: `drop=${drop}` });
  return drop;
}

/** @throws UsageError where no run has decided on such an experiment */
async function history(site: Site, experiment: string, query: URLSearchParams) {
  const found = await decisionHistory(site.connection, experiment, dropOf(query));
  if (found.length > 0) return found;
  throw new UsageError({
    what: `no run has decided on an experiment "${experiment}"`,
    remedy: 'The list of runs names those that there are',
  });
}

/** A whole id is not looked up: whoever reads the run sees whether there is one. */
async function idOf({ connection }: Site, run: string): Promise<string> {
  return /^[0-9a-f]{16}$/.test(run) ? run : findRun(connection, run);
}

async function compare(site: Site, run: string, query: URLSearchParams) {
  const { connection } = site;
  const other = query.get('with');
  return compareRuns(
    connection,
    await findRun(connection, run),
    other === null ? undefined : await findRun(connection, other),
  );
}

const reportFiles = {
  'report.html': 'text/html; charset=utf-8',
  'report.json': 'application/json; charset=utf-8',
  'results.csv': 'text/csv; charset=utf-8',
  'results.parquet': 'application/vnd.apache.parquet',
  'EXPERIMENT_DECISION.md': 'text/markdown; charset=utf-8',
} as const;

/** A file that a run wrote, straight from S3. */
async function runFile(site: Site, run: string, name: string, download: boolean): Promise<Reply> {
  const { processed } = site.connection;
  const runId = await findRun(site.connection, run);
  const isReport = (found: string): found is keyof typeof reportFiles => found in reportFiles;
  const type = isReport(name) ? reportFiles[name] : reportFiles['report.json'];
  const key = isReport(name)
    ? processedKeys.report(runId, name)
    : name === 'manifest.json'
      ? processedKeys.manifest(runId)
      : undefined;
  if (key === undefined || (await processed.head(key)) === undefined) {
    throw new UsageError({
      what: `the run has no file "${name}"`,
      where: `run ${runId}`,
      remedy: 'A run has its files once it has succeeded',
    });
  }
  const shown = /^(text\/html|application\/json)/.test(type) && !download;
  return file(type, await processed.stream({ key }), shown ? undefined : `${runId}-${name}`);
}
