import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder with these files, gone after the test. */
export function folderWith(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'domus-logs-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

/** A job line of the Standard Workload Format: what is not named is not known. */
export function swfLine(job: {
  readonly id?: number;
  readonly submit?: number;
  readonly run?: number;
  readonly allocated?: number;
  readonly asked?: number;
  readonly estimate?: number;
  readonly status?: number;
  readonly user?: number;
  readonly group?: number;
  readonly queue?: number;
}): string {
  const { id = 1, submit = 0, run = 60, allocated = 1, asked = -1, estimate = 600, status = 1, user = 7, group = 2, queue = 3 } = job;
  return [id, submit, 5, run, allocated, -1, -1, asked, estimate, -1, status, user, group, -1, queue, -1, -1, -1].join(' ');
}

/** An end record as TORQUE 4.2 to 6.1 write it. */
export function endRecord(job: Readonly<Record<string, string | number>> & { readonly id?: string }): string {
  const { id = '4711.torque.example', ...rest } = job;
  const values = {
    user: 'anna',
    group: 'cms',
    jobname: 'STDIN',
    queue: 'grid',
    ctime: 1_700_000_000,
    qtime: 1_700_000_000,
    etime: 1_700_000_000,
    start: 1_700_000_060,
    owner: 'anna@ui.example',
    exec_host: 'wn01/0',
    'Resource_List.nodect': 1,
    'Resource_List.nodes': '1:ppn=1',
    'Resource_List.walltime': '01:00:00',
    session: 4242,
    end: 1_700_000_660,
    Exit_status: 0,
    'resources_used.walltime': '00:10:00',
    ...rest,
  };
  return `11/14/2023 23:24:20;E;${id};${Object.entries(values)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ')}`;
}
