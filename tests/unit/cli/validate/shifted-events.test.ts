import { mkdtempSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { validate } from '../../../../cli/validate/validate.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'ecom-shifted-events-'));
afterAll(() => rm(root, { recursive: true, force: true }));

const users = Array.from({ length: 60 }, (_, index) => index + 1);
const clock = (minute: number) =>
  new Date(Date.UTC(2024, 2, 6, 14, minute, 20)).toISOString().slice(0, 19).replace('T', ' ');

interface Given {
  readonly settings?: string;
  /** From the assignment to the exposure of a user. */
  readonly minutes?: (user: number) => number;
  /** Further lines of events. */
  readonly more?: readonly string[];
  readonly eventOffset?: string;
}

async function exposureOf(
  name: string,
  offset: string,
  { settings = '', minutes = () => 3, more = [], eventOffset = '' }: Given = {},
) {
  const folder = path.join(root, name);
  await mkdir(folder);
  await writeFile(
    path.join(folder, 'experiment_assignments.csv'),
    `user_id,experiment_id,variant,at\n${users.map((user) => `${user},e,${user % 2 === 0 ? 'control' : 'treatment'},${clock(user % 50)}${offset}\n`).join('')}`,
  );
  await writeFile(
    path.join(folder, 'events.csv'),
    `event_id,user_id,event_name,event_ts\n${users.map((user) => `${user},${user},view_product,${clock((user % 50) + minutes(user))}${eventOffset}\n`).join('')}${more.join('')}`,
  );
  await writeFile(
    path.join(folder, 'experiment.yaml'),
    settings || 'schema: { experiment_assignments: { assigned_ts: at } }\n',
  );
  const { checks } = await validate({ folder });
  const found = checks.find(({ check }) => check === 'exposure');
  return [found?.status, found?.finding, found?.remedy];
}

const eventsIn = (zone: string) =>
  `schema: { experiment_assignments: { assigned_ts: at }, events: { event_ts: { column: event_ts, zone: ${zone} } } }\n`;

test('events in local time beside assignments with their offset: how early they look, and the zone to name', async () => {
  expect(await exposureOf('new-york', '-05:00')).toEqual([
    'warn',
    'e: 0 of 60 users saw view_product at or after the assignment: your events look 5 hours early, or the assignments as late, for 60 of them',
    'If it has local times, say of which zone: schema: { events: { event_ts: { column: "event_ts", zone: America/New_York } } }',
  ]);
  expect(await exposureOf('named', '-05:00', { settings: eventsIn('America/New_York') })).toEqual([
    'ok',
    'e: 60 of 60 users saw view_product at or after the assignment',
    null,
  ]);
});

test('neither of the files with an offset: either may be the one', async () => {
  const settings =
    'schema: { experiment_assignments: { assigned_ts: { column: at, zone: America/New_York } } }\n';
  const [status, , remedy] = await exposureOf('either', '', { settings });
  expect([status, remedy]).toEqual([
    'warn',
    'If it has local times, say of which zone: schema: { events: { event_ts: { column: "event_ts", zone: America/New_York } } }, or schema: { experiment_assignments: { assigned_ts: { column: "at", zone: Asia/Karachi } } }',
  ]);
});

test('times that are right say nothing of it', async () => {
  const [status, finding] = await exposureOf('right', 'Z');
  expect([status, finding]).toEqual(['ok', 'e: 60 of 60 users saw view_product at or after the assignment']);
});

test('users who had seen it days before, and come back, hide neither', async () => {
  const more = users
    .filter((user) => user % 3 === 0)
    .flatMap((user) => [
      `${1000 + user},${user},view_product,2024-03-03 10:00:00\n`,
      `${2000 + user},${user},view_product,2024-03-09 10:00:00\n`,
    ]);
  expect((await exposureOf('came-back', '-05:00', { more }))[1]).toMatch(/: your events look 5 hours early/);
});

test('events in local time east of UTC look late, and every user seems to see the change', async () => {
  expect(await exposureOf('berlin', '+01:00')).toEqual([
    'warn',
    'e: 60 of 60 users saw view_product at or after the assignment: your events look 1 hour late, or the assignments as early, for 60 of them',
    'If it has local times, say of which zone: schema: { events: { event_ts: { column: "event_ts", zone: Europe/Berlin } } }',
  ]);
  const [status] = await exposureOf('berlin-named', '+01:00', { settings: eventsIn('Europe/Berlin') });
  expect(status).toBe('ok');
});

test('it is said of no events that are spread over the hours, nor of those that say their zone', async () => {
  const spread = await exposureOf('spread', '+01:00', { minutes: (user) => user * 11 });
  const told = await exposureOf('told', '+01:00', { eventOffset: '+00:00' });
  const late = await exposureOf('logged-late', 'Z', { minutes: () => -1 });
  expect([spread[1], told[1], late[1]]).toEqual([
    'e: 60 of 60 users saw view_product at or after the assignment',
    'e: 60 of 60 users saw view_product at or after the assignment',
    'e: 0 of 60 users saw view_product at or after the assignment',
  ]);
});

test('times without an offset beside others with one are told to be read as UTC, until their zone is named', async () => {
  const zonesOf = async (name: string, settings: string) => {
    await exposureOf(name, '+01:00', { settings, minutes: (user) => user * 11 });
    const { checks } = await validate({ folder: path.join(root, name) });
    return checks
      .filter(({ check }) => check === 'time_zones')
      .map(({ status, column, count, finding, remedy }) => [status, column, count, finding, remedy]);
  };
  expect(await zonesOf('silent', 'schema: { experiment_assignments: { assigned_ts: at } }\n')).toEqual([
    [
      'warn',
      'event_ts',
      60,
      'times without an offset are read as UTC, beside experiment_assignments.assigned_ts with +01:00',
      'If they are local times: schema: { events: { event_ts: { column: "event_ts", zone: Europe/Berlin } } }, or the zone of the shop; if not, zone: UTC says so',
    ],
  ]);
  const named =
    'schema: { experiment_assignments: { assigned_ts: at }, events: { event_ts: { column: event_ts, zone: UTC } } }\n';
  expect(await zonesOf('silent-named', named)).toEqual([]);
});
