import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Maui's home, in that folder: it looks for jobs and nodes every five seconds, and starts at once what fits. */
export function furnishMaui(home: string, server: string): void {
  for (const room of ['log', 'stats', 'spool', 'traces', 'tools']) mkdirSync(join(home, room), { recursive: true });
  writeFileSync(
    join(home, 'maui.cfg'),
    `SERVERHOST ${server}
ADMIN1 root
RMCFG[TORQUE] TYPE=PBS
SERVERPORT 42559
SERVERMODE NORMAL
RMPOLLINTERVAL 00:00:05
LOGFILE maui.log
LOGLEVEL 3
DEFERTIME 0
BACKFILLPOLICY FIRSTFIT
RESERVATIONPOLICY CURRENTHIGHEST
JOBNODEMATCHPOLICY EXACTNODE
`,
  );
  writeFileSync(join(home, 'maui-private.cfg'), '');
}
