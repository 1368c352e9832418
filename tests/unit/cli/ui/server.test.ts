import { request as httpRequest, type IncomingMessage } from 'node:http';
import { networkInterfaces } from 'node:os';
import { text } from 'node:stream/consumers';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { targetConfig } from '../../../../cli/pipeline/target.ts';
import { type RunningServer, serve } from '../../../../cli/ui/server.ts';
import { Site } from '../../../../cli/ui/site.ts';
import { S3Store } from '../../../../layers/platform/s3.ts';
import { RunStore } from '../../../../layers/runs/store.ts';

/** A pipeline that is down: nothing listens on port 1. */
const client = {
  endpoint: 'http://127.0.0.1:1',
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  maxAttempts: 1,
  forcePathStyle: true,
};

const pages = ['/', '/upload', '/runs/50c72ec6bdf803a6', '/runs/nonsense', '/nothing', '/%', '/runs/%ff'];
const endpoints = [
  '/api/runs',
  '/api/runs/50c72ec6bdf803a6',
  '/api/runs/nonsense',
  '/api/runs/50c72ec6bdf803a6/compare',
  '/api/nothing',
];

describe('the local server', () => {
  let server: RunningServer;
  let token: string;

  beforeAll(async () => {
    const raw = new S3Store('raw', new S3Client(client));
    const processed = new S3Store('processed', new S3Client(client));
    const connection = {
      config: targetConfig(),
      raw,
      processed,
      store: new RunStore(raw, processed),
      stepFunctions: new SFNClient(client),
    };
    server = await serve(
      new Site(connection, () => Promise.reject(new Error('no test asks the database'))),
      0,
    );
    const page = await (await fetch(new URL('/upload', server.url))).text();
    token = page.match(/name="ecom-token" content="([^"]+)"/)?.[1] ?? '';
  });

  afterAll(() => server.close());

  /** A request with headers that `fetch` would not send. */
  async function ask(method: string, path: string, headers: Record<string, string> = {}, host = '127.0.0.1') {
    const { port } = new URL(server.url);
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      httpRequest({ host, port, method, path, headers }, resolve).on('error', reject).end();
    });
    return { status: answer.statusCode, headers: answer.headers, body: await text(answer) };
  }

  it('listens on the loopback address only', async () => {
    const outside = Object.values(networkInterfaces())
      .flat()
      .find((found) => found?.family === 'IPv4' && !found.internal);
    if (outside !== undefined) {
      await expect(ask('GET', '/', {}, outside.address)).rejects.toThrow(/ECONNREFUSED/);
    }
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  });

  it.each([...pages, ...endpoints])('sends %s with headers that keep other sites out', async (path) => {
    const { headers } = await ask('GET', path);
    const policy = headers['content-security-policy'];
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    });
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });

  it.each(pages)('has no inline code or style in %s', async (path) => {
    const { body } = await ask('GET', path);
    expect(body).not.toMatch(/<script(?![^>]* src=)|<style| on[a-z]+="| style="|javascript:/);
  });

  it('tells whoever comes under another name nothing, not even its token', async () => {
    for (const host of ['shop.example', 'shop.example:80', '127.0.0.1.shop.example', 'localhost']) {
      for (const path of ['/', '/upload', '/api/runs', '/assets/client.js']) {
        const { status, body } = await ask('GET', path, { host });
        expect(status, `${host} ${path}`).toBe(421);
        expect(body).not.toContain(token);
      }
    }
  });

  it.each([
    ['no origin', {}],
    ['another origin', { origin: 'http://shop.example' }],
    ['an opaque origin', { origin: 'null' }],
    ['another port of this machine', { origin: 'http://127.0.0.1:1' }],
    ['the origin by its other scheme', { origin: 'https://127.0.0.1' }],
  ])('takes no upload from %s, with the token or without', async (_, headers) => {
    for (const [method, path] of [
      ['POST', '/api/uploads/shop/check'],
      ['PUT', '/api/uploads/shop/file?key=raw/shop/events.csv'],
      ['POST', '/api/uploads/shop/start'],
      ['POST', '/api/uploads/shop/converted'],
      ['POST', '/api/conversions'],
      ['PUT', '/api/conversions/1/file?file=events.jsonl'],
    ] as const) {
      for (const given of [headers, { ...headers, 'x-ecom-token': token }]) {
        expect((await ask(method, path, given)).status).toBe(403);
      }
    }
  });

  it('takes no upload from its own origin without the token, as a form would send it', async () => {
    const headers = { origin: server.url, 'content-type': 'application/x-www-form-urlencoded' };
    expect((await ask('POST', '/api/uploads/shop/start', headers)).status).toBe(403);
    expect((await ask('OPTIONS', '/api/uploads/shop/start', headers)).status).toBe(403);
    const own = { origin: server.url, 'x-ecom-token': token };
    expect((await ask('POST', '/api/uploads/shop/start', own)).status).toBe(422);
  });

  const own = () => ({ origin: server.url, 'x-ecom-token': token });

  it.each([
    ['GET', '/api/runs', 503, /does not answer/],
    ['GET', '/api/runs/50c72ec6bdf803a6', 503, /does not answer/],
    ['GET', '/api/runs/nonsense', 404, /no run "nonsense"/],
    ['GET', '/api/runs/%3Cb%3E/compare', 404, /no run "<b>"/],
    ['GET', '/api/runs?limit=0', 400, /limit is a whole number/],
    ['GET', '/api/runs?drop=../x', 400, /drop name has/],
    ['GET', '/api/nothing', 404, /no such page/],
    ['POST', '/api/runs', 405, /does not take POST/],
    ['POST', '/api/uploads/shop/check', 422, /not JSON/],
    ['PUT', '/api/uploads/Not%20A%20Drop/file?key=raw/x', 422, /drop name has/],
    ['PUT', '/api/conversions/1/file?file=a.jsonl', 422, /converted are gone/],
    ['PUT', '/api/uploads/shop/file?key=raw/other/events.csv', 422, /no data file of the drop "shop"/],
  ])('answers %s %s with status %i and the error as JSON', async (method, path, status, what) => {
    const answer = await ask(method, path, method === 'GET' ? {} : own());
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    const { error } = JSON.parse(answer.body);
    expect(error.what).toMatch(what);
    expect(answer.body).not.toMatch(/ {4}at |node:/);
  });

  it('converts what a browser hands over, and hides where on this machine', async () => {
    const headers = { ...own(), 'content-type': 'application/json' };
    const ask = async (method: string, path: string, body: string) => {
      const answer = await fetch(new URL(path, server.url), { method, headers, body });
      return { status: answer.status, body: await answer.json() };
    };
    const paths = ['events.jsonl', 'experiment_assignments.parquet', 'notes.txt'];
    const opened = await ask('POST', '/api/conversions', JSON.stringify({ paths }));
    expect(opened.body).toEqual({ id: expect.any(String), files: paths.slice(0, 2) });
    const { id: conversion } = opened.body;
    for (const file of paths.slice(0, 2)) {
      const put = await ask('PUT', `/api/conversions/${conversion}/file?file=${file}`, '{"a":1}\n');
      expect(put).toEqual({ status: 200, body: {} });
    }
    const again = await ask('PUT', `/api/conversions/${conversion}/file?file=notes.txt`, 'x');
    expect(again.body.error.what).toBe('this is no file that is waited for');
    const checked = await ask(
      'POST',
      '/api/uploads/shop/check',
      JSON.stringify({
        folder: 'shop',
        files: paths.map((file) => ({ path: `shop/${file}`, size: 8 })),
        config: null,
        conversion,
      }),
    );
    expect(checked).toMatchObject({
      status: 422,
      body: { error: { what: expect.stringContaining('Parquet'), where: 'experiment_assignments.parquet' } },
    });
  });

  it('shows a page for a run that is not there, with a way back', async () => {
    const { status, body } = await ask('GET', '/runs/%3Cscript%3Ex');
    expect(status).toBe(404);
    expect(body).toContain('There is no run &quot;&lt;script&gt;x&quot;');
    expect(body).toContain('<a class="button" href="/">All runs</a>');
  });

  it('shows a page that looks again while the pipeline is down', async () => {
    const { status, body } = await ask('GET', '/');
    expect(status).toBe(503);
    expect(body).toMatch(/<body data-refresh="\d+" data-recovers>/);
    expect(body).toContain('./ecom up');
  });
});
