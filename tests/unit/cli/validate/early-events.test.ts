import { mkdtempSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { validate } from '../../../../cli/validate/validate.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'ecom-early-events-'));
afterAll(() => rm(root, { recursive: true, force: true }));

const users = Array.from({ length: 60 }, (_, index) => index + 1);
const clock = (minute: number) => `2024-03-06 14:${String(minute).padStart(2, '0')}:00`;

async function exposureOf(name: string, offset: string, settings = '') {
  const folder = path.join(root, name);
  await mkdir(folder);
  await writeFile(
    path.join(folder, 'experiment_assignments.csv'),
    `user_id,experiment_id,variant,at\n${users.map((user) => `${user},e,${user % 2 === 0 ? 'control' : 'treatment'},${clock(user % 50)}${offset}\n`).join('')}`,
  );
  await writeFile(
    path.join(folder, 'events.csv'),
    `event_id,user_id,event_name,event_ts\n${users.map((user) => `${user},${user},view_product,${clock((user % 50) + 3)}\n`).join('')}`,
  );
  await writeFile(
    path.join(folder, 'experiment.yaml'),
    settings || 'schema: { experiment_assignments: { assigned_ts: at } }\n',
  );
  const { checks } = await validate({ folder });
  const found = checks.find(({ check }) => check === 'exposure');
  return [found?.status, found?.finding, found?.remedy];
}

test('events in local time beside assignments with their offset: how early they look, and the zone to name', async () => {
  expect(await exposureOf('new-york', '-05:00')).toEqual([
    'warn',
    'e: 0 of 60 users saw view_product at or after the assignment: your events look 5 hours early, or the assignments as late, for 60 of them',
    'If it has local times, say of which zone: schema: { events: { event_ts: { column: "event_ts", zone: America/New_York } } }',
  ]);
  const settings =
    'schema: { experiment_assignments: { assigned_ts: at }, events: { event_ts: { column: event_ts, zone: America/New_York } } }\n';
  expect(await exposureOf('named', '-05:00', settings)).toEqual([
    'ok',
    'e: 60 of 60 users saw view_product at or after the assignment',
    null,
  ]);
});

test('neither of the files with an offset: either may be the one', async () => {
  const settings =
    'schema: { experiment_assignments: { assigned_ts: { column: at, zone: America/New_York } } }\n';
  const [status, , remedy] = await exposureOf('either', '', settings);
  expect([status, remedy]).toEqual([
    'warn',
    'If it has local times, say of which zone: schema: { events: { event_ts: { column: "event_ts", zone: America/New_York } } }, or schema: { experiment_assignments: { assigned_ts: { column: "at", zone: Asia/Karachi } } }',
  ]);
});

test('times that are right say nothing of it', async () => {
  const [status, finding] = await exposureOf('right', 'Z');
  expect([status, finding]).toEqual(['ok', 'e: 60 of 60 users saw view_product at or after the assignment']);
});
