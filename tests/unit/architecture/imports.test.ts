import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

/**
 * What each room may import besides itself: the direction in which the product is built (docs/architecture.md). A room
 * stands after all that it may import, so that there can be no cycle between rooms.
 */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  config: [],
  infrastructure: ['layers/platform'],
  'layers/platform': [],
  'layers/data': ['layers/platform'],
  'layers/experiment': ['config', 'layers/platform', 'layers/data'],
  'layers/statistics': [],
  'layers/report': ['layers/platform', 'layers/data', 'layers/experiment', 'layers/statistics'],
  'layers/runs': ['layers/platform', 'layers/data', 'layers/experiment', 'layers/report'],
  'layers/analysis': [
    'layers/platform',
    'layers/data',
    'layers/experiment',
    'layers/statistics',
    'layers/report',
    'layers/runs',
  ],
  'layers/engine': [
    'layers/platform',
    'layers/data',
    'layers/experiment',
    'layers/statistics',
    'layers/report',
    'layers/runs',
    'layers/analysis',
  ],
  lambdas: ['layers/platform', 'layers/runs', 'layers/engine'],
  cdk: ['infrastructure', 'layers/platform', 'layers/runs'],
  cli: [
    'config',
    'infrastructure',
    'layers/platform',
    'layers/data',
    'layers/experiment',
    'layers/statistics',
    'layers/report',
    'layers/runs',
    'layers/analysis',
    'layers/engine',
    'cdk',
  ],
};

const rooms = Object.keys(mayImport);

interface Import {
  readonly from: string;
  readonly to: string;
}

/** Every relative import between files of the product, tests aside. */
function importsOf(root: string): Import[] {
  const folders = [...new Set(rooms.map((room) => room.split('/')[0] ?? ''))];
  const files = folders.flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((file) => path.posix.join(folder, file.replaceAll(path.sep, '/')))
      .filter((file) => /\.(ts|mjs)$/.test(file) && !file.includes('node_modules')),
  );
  return files.flatMap((from) => {
    if (!statSync(path.join(root, from)).isFile()) return [];
    const text = readFileSync(path.join(root, from), 'utf8');
    return [...text.matchAll(/(?:\bfrom|\bimport\(?)\s*'(\.{1,2}\/[^']+)'/g)].map(([, to = '']) => ({
      from,
      to: path.posix.normalize(path.posix.join(path.posix.dirname(from), to)),
    }));
  });
}

function roomOf(file: string): string | undefined {
  return rooms.find((room) => file.startsWith(`${room}/`));
}

/** Files that import each other round about, as the files of each ring. */
function cyclesIn(imports: readonly Import[]): string[][] {
  const targets = new Map<string, string[]>();
  for (const { from, to } of imports) targets.set(from, [...(targets.get(from) ?? []), to]);
  const rings: string[][] = [];
  const done = new Set<string>();
  const visit = (file: string, trail: readonly string[]) => {
    const at = trail.indexOf(file);
    if (at >= 0) rings.push(trail.slice(at));
    if (at >= 0 || done.has(file)) return;
    for (const target of targets.get(file) ?? []) visit(target, [...trail, file]);
    done.add(file);
  };
  for (const file of targets.keys()) visit(file, []);
  return rings;
}

describe('imports', () => {
  const imports = importsOf(PROJECT_ROOT);

  it('go from room to room in one direction', () => {
    const wrong = imports.filter(({ from, to }) => {
      const [own, other] = [roomOf(from), roomOf(to)];
      if (own === undefined || other === undefined || own === other) return false;
      return !mayImport[own]?.includes(other);
    });
    expect(imports.length).toBeGreaterThan(500);
    expect(wrong).toEqual([]);
  });

  it('leave every room after all it may import, so that rooms form no cycle', () => {
    const seen = new Set<string>();
    const order = ['layers/platform', ...rooms.filter((room) => room !== 'layers/platform')];
    const inOrder = order.toSorted((a, b) => depthOf(a) - depthOf(b));
    for (const room of inOrder) {
      for (const below of mayImport[room] ?? []) expect(seen, `${room} imports ${below}`).toContain(below);
      seen.add(room);
    }
  });

  it('reach the parts of the report page by its entry only', () => {
    const inside = 'layers/report/page/';
    const past = imports.filter(
      ({ from, to }) =>
        to.startsWith(inside) && to !== `${inside}page.ts` && !from.startsWith('layers/report/'),
    );
    expect(imports.filter(({ to }) => to === `${inside}page.ts`).length).toBeGreaterThan(0);
    expect(past).toEqual([]);
  });

  it('never lead from a file back to itself', () => {
    expect(cyclesIn(imports)).toEqual([]);
  });

  it('are found where they go against the direction, or in a ring', () => {
    expect(
      cyclesIn([
        { from: 'a', to: 'b' },
        { from: 'b', to: 'c' },
        { from: 'c', to: 'b' },
      ]),
    ).toEqual([['b', 'c']]);
    expect(mayImport['layers/statistics']).not.toContain('layers/engine');
  });
});

function depthOf(room: string): number {
  return 1 + Math.max(0, ...(mayImport[room] ?? []).map(depthOf));
}
