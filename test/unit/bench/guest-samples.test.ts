import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseSamples } from '../../../src/bench/guest-samples.js';
import { EMPTY, KNOWN, guestSubjects } from '../../../src/bench/guest-subjects.js';
import { packageRoot } from '../../../src/host/index.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const sources = join(packageRoot, 'guest/bench');

describe('samples', () => {
  it('are told for one round: the median, and how far the middle half lies apart', () => {
    const { ring3, ring0 } = parseSamples(
      'ring3\tfork\t10\t2000\t1000\t1200\t1100\t1300\r\n[    1.0] a kernel’s line\nring0\tfork\t1\t7\nring1\tfork\t1\t8\n',
    );
    expect(ring3.get('fork')).toEqual({ instructions: 120, spread: (165 - 105) / 120, samples: 5 });
    expect(ring0.get('fork')).toEqual({ instructions: 7, spread: 0, samples: 1 });
    expect([ring3.size, ring0.size]).toEqual([1, 1]);
  });
});

describe('the program', () => {
  it('has the subjects of the table, and the two that calibrate', () => {
    const names = readdirSync(sources)
      .map((name) => readFileSync(join(sources, name), 'utf8'))
      .flatMap((text) => [...text.matchAll(/\{ \.name = "([^"]+)"/g)].map(([, name]) => name));
    expect(names.sort()).toEqual([...guestSubjects.keys(), EMPTY, KNOWN.name].sort());
  });

  it('compiles without a warning', () => {
    const folder = temporaryFolder();
    const files = readdirSync(sources).filter((name) => name.endsWith('.c'));
    for (const name of files) {
      const flags = ['-std=gnu11', '-D_GNU_SOURCE', '-O2', '-Wall', '-Wextra', '-Werror', '-c'];
      execFileSync('gcc', [...flags, join(sources, name), '-o', join(folder, 'object.o')], { stdio: 'pipe' });
    }
    expect(files.length).toBeGreaterThan(5);
  });
});
