import { type FastifyInstance, fastify, LogController } from 'fastify';
import type { Clock } from '../clock.js';
import type { HistoryReader } from '../history/contract.js';
import type { Journal } from '../journal/contract.js';
import type { Log } from '../log.js';
import type { Present } from '../model/present.js';
import { auditCalls } from './audited.js';
import type { Changes } from './changes/changes.js';
import type { Door } from './doors.js';
import { answerErrors, unreadable } from './errors.js';
import { actHandlers } from './handlers-act.js';
import { identityHandlers } from './handlers-identity.js';
import { readHandlers } from './handlers-read.js';
import type { Access } from './identity/access.js';
import type { Audit } from './identity/audit.js';
import type { FileOwners } from './identity/file-owner.js';
import { Nudges } from './nudges.js';
import { servePage } from './page.js';
import { type Beside, type Handlers, serve, serveBeside } from './serve.js';
import type { WeekDesk } from './week.js';
import type { Planner } from './what-if.js';

/** What became of a reload, in sentences. */
export interface Reloaded {
  readonly ok: boolean;
  readonly problems: readonly string[];
  readonly differences: readonly string[];
}

/** What the API reads and tells; it never acts itself. */
export interface ApiOptions {
  /** Undefined before the first tick. */
  readonly present: () => Present | undefined;
  readonly journal: Journal;
  /** Told of every tick by who makes them. */
  readonly changes: Changes;
  readonly access: Access;
  readonly audit: Audit;
  /** Plans under another policy, elsewhere than on this thread; absent where nobody does. */
  readonly whatIf?: Planner;
  /** Where the page is, for one-time links; absent without a port. */
  readonly pageUrl?: string;
  /** A wish or a nudge has come: the loop looks at once. */
  readonly requestArrived: () => void;
  readonly reload: () => Promise<Reloaded>;
  /** How long the last tick took, where measured. */
  readonly tickTookMs?: () => number | undefined;
  /** What was, over time; absent where none is kept. */
  readonly history?: HistoryReader;
  /** What would have been, of the last week; absent where no history is kept. */
  readonly week?: Pick<WeekDesk, 'answer'>;
  /** Texts that other parts serve behind the same doors, beside `/api/v1`. */
  readonly beside?: readonly Beside[];
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
}

/** Largest body of a request, bytes. */
const bodyLimit = 16_384;
/** A caller has this long for the head of a request, and for all of it, ms: who sends byte after byte holds nothing up. */
const limits = { headersTimeout: 8000, connectionsCheckingInterval: 1000, maxHeaderSize: 16_384 } as const;

/** The certificate of a port, as PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

function server(options: ApiOptions, certificate: Certificate | undefined): FastifyInstance {
  const common = {
    loggerInstance: options.log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit,
    requestTimeout: 10_000,
    connectionTimeout: 30_000,
    keepAliveTimeout: 5000,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: 300 },
    frameworkErrors: unreadable,
  };
  const made =
    certificate === undefined
      ? fastify({ ...common, http: limits })
      : fastify({ ...common, https: { ...limits, ...certificate, handshakeTimeout: 8000, minVersion: 'TLSv1.2' } });
  return made as unknown as FastifyInstance;
}

/** The routes of `/api/v1` behind one door. */
export function createApi(options: ApiOptions, door: Door, owners: FileOwners, certificate?: Certificate): FastifyInstance {
  const api = server(options, certificate);
  api.removeContentTypeParser('text/plain'); // a form of another site could send it
  api.server.maxConnections = 256;
  const nudges = new Nudges(options.clock, options.requestArrived);
  api.addHook('onClose', async () => nudges.close());
  answerErrors(api);
  auditCalls(api, door, options.audit);
  const handlers: Handlers = {
    ...readHandlers(options),
    ...actHandlers(options, nudges),
    ...identityHandlers(options, door, owners),
  };
  void api.register(async (v1) => serve(v1, options, door, handlers), { prefix: '/api/v1' });
  servePage(api);
  for (const page of options.beside ?? []) serveBeside(api, door, page);
  return api;
}
