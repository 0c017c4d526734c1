import { type FastifyInstance, fastify, LogController } from 'fastify';
import type { Clock } from '../clock.js';
import type { HistoryReader } from '../history/contract.js';
import type { Journal } from '../journal/contract.js';
import type { Log } from '../log.js';
import type { Present } from '../model/present.js';
import type { Changes } from './changes/changes.js';
import type { Door } from './doors.js';
import { answerErrors } from './errors.js';
import { actHandlers } from './handlers-act.js';
import { readHandlers } from './handlers-read.js';
import type { FileOwners } from './identity/file-owner.js';
import { Nudges } from './nudges.js';
import { type Beside, type Handlers, serve, serveBeside } from './serve.js';

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
  /** A wish or a nudge has come: the loop looks at once. */
  readonly requestArrived: () => void;
  readonly reload: () => Promise<Reloaded>;
  /** How long the last tick took, where measured. */
  readonly tickTookMs?: () => number | undefined;
  /** What was, over time; absent where none is kept. */
  readonly history?: HistoryReader;
  /** Texts that other parts serve behind the same doors, beside `/api/v1`. */
  readonly beside?: readonly Beside[];
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
}

/** Largest body of a request, bytes. */
const bodyLimit = 16_384;

/** The routes of `/api/v1` behind one door. */
export function createApi(options: ApiOptions, door: Door, owners: FileOwners): FastifyInstance {
  const api = fastify({
    loggerInstance: options.log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit,
    requestTimeout: 10_000,
    connectionTimeout: 30_000,
    keepAliveTimeout: 5000,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 300 },
  }) as unknown as FastifyInstance;
  api.server.maxConnections = 256;
  const nudges = new Nudges(options.clock, options.requestArrived);
  api.addHook('onClose', async () => nudges.close());
  answerErrors(api);
  const handlers: Handlers = {
    ...readHandlers(options),
    ...actHandlers(options, nudges),
    'GET /identity/challenge': () => owners.challenge(),
  };
  void api.register(async (v1) => serve(v1, options, door, handlers), { prefix: '/api/v1' });
  for (const page of options.beside ?? []) serveBeside(api, door, page);
  return api;
}
