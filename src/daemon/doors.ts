import type { ApiOptions } from '../api/api.js';
import { linkUrl } from '../api/handlers-identity.js';
import { type OpenAccess, openAccess } from '../api/identity/open.js';
import { listen, type OpenDoors } from '../api/listen.js';
import type { Config } from '../config/config.js';
import { createPlanner } from '../whatif/planner.js';

export interface DoorsOptions extends Omit<ApiOptions, 'access' | 'audit' | 'pageUrl'> {
  readonly config: Config;
  /** Where a person reads what must stand in no log. */
  readonly tell: (text: string) => void;
}

/** The API as the daemon serves it: sockets, port, users, audit. */
export interface DaemonDoors extends OpenDoors {
  /** Ends what has expired, forgets audit lines older than `before` (epoch ms). */
  trim(before: number): void;
}

/** Opens everything. A port that cannot be had is done without, and the log says so: jobs and machines do not wait for a page. Raises Error when the sockets cannot be had. */
export async function openDoors({ config, tell, ...options }: DoorsOptions): Promise<DaemonDoors> {
  const { api, stateDir, runDir, group, sessionMs } = config;
  const identity: OpenAccess = openAccess(stateDir, options.clock, sessionMs);
  const whole: ApiOptions = {
    ...options,
    whatIf: createPlanner({ clock: options.clock }),
    access: identity.access,
    audit: identity.audit,
    ...(api === undefined ? {} : { pageUrl: api.url }),
  };
  const sockets = { runDir, ...(group === undefined ? {} : { group }) };
  const open = async (): Promise<OpenDoors> => {
    if (api === undefined) return listen(whole, sockets);
    const { address, port, tls } = api;
    const doors = await listen(whole, {
      ...sockets,
      port: { address, port, ...(tls === undefined ? {} : { tls }) },
      portFailed: (why) => options.log.error({ why, address, port }, 'goes on without the port of the API'),
    });
    if (doors.port !== undefined) welcomeFirst(identity, api.url, tell);
    return doors;
  };
  try {
    const doors = await open();
    return {
      ...doors,
      trim: identity.trim,
      close: async () => {
        await doors.close();
        identity.close();
      },
    };
  } catch (thrown) {
    identity.close();
    throw thrown;
  }
}

/** There is no first password: whoever may read the daemon's own output chooses one. */
function welcomeFirst({ access }: OpenAccess, url: string, tell: (text: string) => void): void {
  if (access.hasAdmin()) return;
  const { code } = access.makeLink(undefined);
  tell(`domus: there is no administrator yet. Open this once, within 24 hours, to become one:\n  ${linkUrl(url, code)}\n`);
}
