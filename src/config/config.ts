import type { CalendarSpec } from '../calendar/windows.js';
import type { BootSettings } from '../model/boot.js';
import type { NoticeSettings } from '../model/notice.js';
import type { Policy } from '../model/policy.js';
import type { ApiPort } from './api.js';

/** A plugin's name and its own part of domus.yaml, which the plugin's schema checks. */
export interface PluginPart {
  readonly driver: string;
  readonly settings: unknown;
}

/** domus.yaml and environments/, checked and frozen. */
export interface Config {
  readonly policy: Policy;
  /** Batch servers by name. */
  readonly batch: Readonly<Record<string, PluginPart>>;
  /** Schedulers beside them, by the batch server's name; absent where no batch server has one. */
  readonly schedulers?: Readonly<Record<string, PluginPart>>;
  readonly runner: PluginPart;
  readonly hypervisor: PluginPart;
  readonly names?: PluginPart;
  /** What switches hosts, by the pool's name; absent where no pool has any. */
  readonly powers?: Readonly<Record<string, PluginPart>>;
  /** What speaks to hosts while they are the classroom's, by the pool's name; absent where no pool has any. */
  readonly classrooms?: Readonly<Record<string, PluginPart>>;
  /** By pool: its calendar, from which `Policy.windows` is made for the time around now; absent where no pool has any. */
  readonly calendars?: Readonly<Record<string, CalendarSpec>>;
  /** The folders of images and of thin disks as this machine sees them. */
  readonly images: { readonly here: string; readonly overlaysHere: string };
  /** Folder of the journal and its lock. */
  readonly stateDir: string;
  /** Folder of the sockets `status.sock` (everybody) and `control.sock` (the group), and of `whoami/`. */
  readonly runDir: string;
  /** Unix group whose members may act; absent: only root and the daemon's own user. */
  readonly group?: string;
  /** Events are kept this long. */
  readonly keepHistoryMs: number;
  /** Cron expression (node-cron) of the nightly housekeeping. */
  readonly housekeeping: string;
  /** Port of the API; absent: only the sockets. */
  readonly api?: ApiPort;
  /** People stay signed in for this long. */
  readonly sessionMs: number;
  /** Where workers' hooks ask; absent: nowhere. */
  readonly hooks?: { readonly address: string; readonly port: number };
  /** Port of its own for `/metrics`; absent: only the sockets serve it. */
  readonly metrics?: { readonly address: string; readonly port: number };
  /** The boot server; absent: hosts boot as their administrators have it. */
  readonly boot?: BootSettings;
  /** Absent: nobody is to be told of anything. */
  readonly notices?: NoticeSettings;
  /** Absolute paths of the files it was read from. */
  readonly files: readonly string[];
}

/** One thing that is wrong in a file; all are reported at once. */
export interface Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Where in the document: `pools.lab.hosts.post01.memory`. */
  readonly path: string;
  readonly found: string;
  readonly expected: string;
  /** The nearest valid word, where one is near. */
  readonly nearest?: string;
}
