import { imageSentences } from './image-reasons.js';
import { powerSentences } from './power-reasons.js';
import { serviceSentences } from './service-reasons.js';
import { type Args, t, v } from './spoken.js';

export { span } from './spoken.js';

/** Why something was decided, or not now. Stored as data; one renderer (`sentence`) turns it into words. */
export interface Reason {
  readonly code: ReasonCode;
  readonly args: Readonly<Record<string, string | number>>;
  /** Subjects it speaks of: `job:torque/12.srv`, `machine:grid-07#3`, `host:post12`, `environment:grid`, `seat:...`, `source:...`. */
  readonly refs: readonly string[];
}

const lastLine = (a: Args): string => (a['console'] === undefined ? '' : `; the last line of its console: ${v(a, 'console')}`);

/** One sentence per code. The keys are the closed list of codes. */
const sentences = {
  // demand
  'job-waits': (a) => `job ${v(a, 'job')} waits in queue ${v(a, 'queue')} for ${v(a, 'slots')} slot(s)`,
  'jobs-wait': (a) => `${v(a, 'count')} job(s) of ${v(a, 'environment')} wait, the oldest (${v(a, 'job')}) for ${t(a, 'waitedMs')}`,
  'keeps-minimum': (a) => `environment ${v(a, 'environment')} keeps at least ${v(a, 'min')} machine(s)`,
  'keeps-spare': (a) => `environment ${v(a, 'environment')} keeps ${v(a, 'spare')} idle machine(s) ready`,
  'not-eligible': (a) => `not waiting for a node: ${v(a, 'why')}`,
  runs: (a) => `runs on ${v(a, 'nodes')} since ${t(a, 'sinceMs')}`,
  'fits-ready': (a) => `fits the free slots of ${v(a, 'node')}: the batch scheduler decides when it starts`,
  'fits-coming': (a) => `machine ${v(a, 'machine')} is ${v(a, 'phase')} for it`,
  'refused-by-scheduler': (a) =>
    `a ready node it fits (${v(a, 'node')}) has had free slots for ${t(a, 'forMs')}, yet the scheduler does not start it: left out of demand for ${t(a, 'pauseMs')}`,
  // the scheduler's own word, where a plugin asks it
  'scheduler-order': (a) => `place ${v(a, 'place')} of ${v(a, 'of')} in the scheduler's order`,
  'scheduler-blocked': (_) => 'the scheduler does not consider it now: no node that is online is large enough for it, or a limit of its own',
  'scheduler-deferred': (a) => `the scheduler has put it aside${a['why'] ? ` (${v(a, 'why')})` : ''}: released when a node it fits has free slots`,
  'scheduler-held': (a) => `the scheduler holds it for its owner or a person${a['why'] ? ` (${v(a, 'why')})` : ''}`,
  'scheduler-batch-hold': (a) =>
    `the scheduler holds it for good${a['why'] ? ` (${v(a, 'why')})` : ''}: no demand until a person releases it (releasehold -a ${v(a, 'job')})`,
  'scheduler-holds': (a) => `its scheduler holds ${v(a, 'count')} job(s) for good, the first ${v(a, 'job')}: no demand`,
  'scheduler-defers': (a) => `its scheduler puts every job that waits for a machine aside for ${t(a, 'deferMs')}: set DEFERTIME 0`,
  'scheduler-silent': (a) => `its scheduler is silent since ${t(a, 'sinceMs')} (${v(a, 'cause')}): its last word stands, nothing is released`,
  'step-release': (a) => `has the scheduler of ${v(a, 'source')} consider job ${v(a, 'job')} again: ${v(a, 'node')} has free slots for it`,
  // unserved
  'unserved-none': (a) => `no environment serves queue ${v(a, 'queue')}${a['properties'] ? ` with properties ${v(a, 'properties')}` : ''}`,
  'unserved-wide': (a) => `asks for ${v(a, 'wanted')}, more than the largest machine of ${v(a, 'environment')} has (${v(a, 'largest')})`,
  'unserved-nodes': (a) => `asks for ${v(a, 'wanted')} nodes at once, environment ${v(a, 'environment')} may have ${v(a, 'max')}`,
  'unserved-property': (a) => `asks for property ${v(a, 'property')}, which no seat of ${v(a, 'environment')} has`,
  'unserved-syntax': (a) => `asks for ${v(a, 'syntax')}, which Domus does not serve`,
  'unserved-spans': (a) => `asks for nodes of several environments at once (${v(a, 'environments')})`,
  'unserved-expression': (a) => `the job expression of ${v(a, 'environment')} failed on it: ${v(a, 'error')}`,
  'unserved-ambiguous': (a) => `environments ${v(a, 'environments')} serve it alike, and nothing tells their jobs apart`,
  'unserved-damaged': (a) => `its record could not be read: ${v(a, 'why')}`,
  // decisions
  'start-for-job': (a) => `job ${v(a, 'job')} waits in queue ${v(a, 'queue')}`,
  'start-for-minimum': (a) => `environment ${v(a, 'environment')} keeps at least ${v(a, 'min')}`,
  'start-for-spare': (a) => `environment ${v(a, 'environment')} keeps ${v(a, 'spare')} spare`,
  'resize-for-job': (a) => `job ${v(a, 'job')} needs ${v(a, 'cores')} cores and ${v(a, 'memory')} MiB, machine ${v(a, 'machine')} is idle`,
  'drain-idle': (a) => `idle for ${t(a, 'idleMs')}, no job waits for it`,
  'drain-surplus': (a) => `environment ${v(a, 'environment')} has more machines than its maximum ${v(a, 'max')}`,
  'drain-removed': (a) => `environment ${v(a, 'environment')} is gone from the configuration`,
  'drain-seat-removed': (a) => `seat ${v(a, 'seat')} is no longer in the configuration`,
  'drain-asked': (a) => `${v(a, 'who')} asked: ${v(a, 'why')}`,
  'drain-cordoned': (a) => `host ${v(a, 'host')} is cordoned by ${v(a, 'who')}: ${v(a, 'why')}`,
  'drain-host-off': (a) => `${v(a, 'who')} wants host ${v(a, 'host')} off: ${v(a, 'why')}`,
  'drain-share': (a) => `environment ${v(a, 'to')} waits longer (job ${v(a, 'job')}, ${t(a, 'waitedMs')}): an idle machine of ${v(a, 'from')} makes room`,
  'drain-failed': (a) => `failed: ${v(a, 'why')}`,
  'kept-again': (a) => `demand returned: job ${v(a, 'job')} waits, the drain is taken back`,
  'hold-share': (a) => `takes no new jobs: job ${v(a, 'job')} of ${v(a, 'to')} has waited longer (${t(a, 'waitedMs')})`,
  'hold-empty': (a) => `takes no new jobs while other machines of ${v(a, 'environment')} do: without jobs host ${v(a, 'host')} can be switched off`,
  'keep-busy': (a) => `runs ${v(a, 'jobs')}`,
  'keep-wanted': (a) => `wanted: ${v(a, 'why')}`,
  'keep-idle': (a) => `idle for ${t(a, 'idleMs')}, kept for ${t(a, 'limitMs')} more`,
  'keep-online': (_) => 'online and idle: the batch scheduler may start jobs on it',
  'keep-held': (a) => `held by ${v(a, 'who')}: ${v(a, 'why')}`,
  'keep-minimum': (a) => `one of the ${v(a, 'min')} machine(s) that ${v(a, 'environment')} keeps`,
  'drain-replace': (a) => `idle, too small for job ${v(a, 'job')}, which waits, and cannot grow where it is`,
  'keep-draining': (a) => `leaves: ${v(a, 'why')}`,
  'share-set': (a) => `${v(a, 'who')} gives it a share of ${v(a, 'share')} (configured ${v(a, 'configured')}): ${v(a, 'why')}`,
  'share-set-aside': (a) =>
    `the share of ${v(a, 'wanted')} that ${v(a, 'who')} has set is ${v(a, 'share')} now: its bounds, or the other shares of its pools, allow no more (${v(a, 'why')})`,
  'environment-calm': (a) => `no job waits; ${v(a, 'machines')} machine(s)`,
  // steps
  'step-overlay': (a) => `makes its disk from image ${v(a, 'image')}`,
  'step-guest': (a) => `starts the guest on ${v(a, 'host')}`,
  'step-boot': (a) => `the guest boots, no readiness report yet (${t(a, 'sinceMs')} of ${t(a, 'limitMs')})`,
  'step-checks': (a) => `the guest's checks do not pass yet: ${v(a, 'checks')}`,
  'step-join': (_) => `the guest is ready, the batch server has not heard its worker yet`,
  'step-admit': (a) => `the guest reports ready: node ${v(a, 'node')} goes online with np ${v(a, 'np')}`,
  'step-withhold': (a) => `node ${v(a, 'node')} goes offline first: ${v(a, 'why')}`,
  'step-wait-jobs': (a) => `waits for ${v(a, 'jobs')} to end`,
  'step-wait-unheard': (a) =>
    `waits for ${v(a, 'jobs')}, which only the batch server speaks of: the worker is silent. If they are gone: domus bury ${v(a, 'machine')}`,
  'step-look-again': (a) => `offline since ${t(a, 'sinceMs')}: waits for a reading of ${v(a, 'of')} asked after that`,
  'step-shutdown': (a) => `asks the guest to shut down: ${v(a, 'why')}`,
  'step-destroy': (a) => `destroys the guest: ${v(a, 'why')}`,
  'step-remove-overlay': (_) => 'removes its disk',
  'step-rest': (a) => `seat ${v(a, 'seat')} goes to rest with np ${v(a, 'np')}`,
  'step-resize': (a) => `resizes the idle guest to ${v(a, 'cores')} cores and ${v(a, 'memory')} MiB`,
  'step-cores': (a) => `the guest uses ${v(a, 'used')} of its ${v(a, 'cores')} cores so far`,
  'step-cores-unused': (a) =>
    `the guest does not use the cores that it was given: it stays at ${v(a, 'used')} (udev's rule of rootfs/ is missing in its image)`,
  'step-advance': (a) => `puts job ${v(a, 'job')} before older ones of its queue, in the place of ${v(a, 'before')}: it is wide, and has waited too long`,
  'move-pack': (a) => `goes to ${v(a, 'to')}, so that ${v(a, 'from')} can be switched off (${v(a, 'moves')} move(s) save ${v(a, 'saved')} host(s))`,
  'move-room': (a) => `goes to ${v(a, 'to')}, which makes room for others on ${v(a, 'from')} (${v(a, 'moves')} move(s) save ${v(a, 'saved')} host(s))`,
  'move-relief': (a) => `goes to ${v(a, 'to')}: ${v(a, 'from')} is overloaded, and this is its lightest machine`,
  'move-not': (a) => `stays where it is: ${v(a, 'why')}`,
  'move-cools': (a) => `was moved ${t(a, 'sinceMs')} ago: stays where it is for ${t(a, 'leftMs')} more`,
  'relief-watches': (a) => `overloaded; a machine came or went lately: its load is watched for ${t(a, 'leftMs')} more`,
  'relief-nobody': (_) => 'overloaded, and none of its machines may go elsewhere',
  'relief-full': (_) => 'overloaded, and no other host has room for its lightest machine',
  'move-due': (a) => `goes to ${v(a, 'to')}: ${v(a, 'from')} is ${v(a, 'whose')} from ${v(a, 'at')}, empty by ${v(a, 'emptyAt')}`,
  'move-emptied': (a) => `goes to ${v(a, 'to')}: ${v(a, 'from')} is to be emptied`,
  'move-nowhere': (_) => 'would go on on another host: none that has room is there long enough, so far',
  'move-asked': (a) => `${v(a, 'who')} wants it on ${v(a, 'to')}: ${v(a, 'why')}`,
  'step-move': (a) => `is moved to ${v(a, 'to')} while it runs`,
  'step-save': (a) => `is saved, to go on on ${v(a, 'to')}: its hypervisor cannot move it while it runs`,
  'step-restore': (a) => `goes on on ${v(a, 'host')} from what was saved of it`,
  'step-move-look': (a) => `the migration is over since ${t(a, 'sinceMs')}: waits for a look at ${v(a, 'of')} asked after that`,
  'step-clear-copy': (a) => `clears away what a migration left of it on ${v(a, 'host')}`,
  'move-off': (a) => `is not moved to ${v(a, 'to')} after all: ${v(a, 'why')}`,
  'move-done': (a) => `came from ${v(a, 'from')} to ${v(a, 'to')} in ${t(a, 'tookMs')}`,
  'move-failed': (a) => `stays where it is: it could not be moved to ${v(a, 'to')} (${v(a, 'why')})`,
  'failed-move': (a) => `it died while it was moved: neither ${v(a, 'from')} nor ${v(a, 'to')} shows it`,
  'step-cycle': (a) => `asks ${v(a, 'source')} for one scheduling cycle: ${v(a, 'why')}`,
  'step-in-flight': (a) => `${v(a, 'verb')} is under way since ${t(a, 'sinceMs')}`,
  'step-uncertain': (a) => `${v(a, 'verb')} gave no clear answer (${v(a, 'why')}): looks before it repeats`,
  'step-retry': (a) => `${v(a, 'verb')} failed (${v(a, 'why')}), try ${v(a, 'count')} in ${t(a, 'inMs')}`,
  // not now
  'wait-silent': (a) => `${v(a, 'source')} is silent since ${t(a, 'sinceMs')} (${v(a, 'cause')}): nothing is concluded from it`,
  'wait-unread': (a) => `waits for an answer of ${v(a, 'source')}`,
  'wait-clock': (_) => 'the clock jumped: no stops until every source was read anew',
  'wait-frozen': (a) => `frozen by ${v(a, 'who')}: ${v(a, 'why')}`,
  'wait-mode-watch': (a) => (a['seat'] ? `watch mode: a machine on seat ${v(a, 'seat')} would be started for it` : 'watch mode: deeds are only recorded'),
  'wait-approval': (a) => `advise mode: waits for a person (domus approve ${v(a, 'id')})`,
  'wait-seats': (a) => `all ${v(a, 'seats')} seat(s) of ${v(a, 'environment')} are taken`,
  'wait-seat-person': (a) => `seat ${v(a, 'seat')} was set offline by a person${a['note'] ? ` (${v(a, 'note')})` : ''}: never cleared by Domus`,
  'wait-seat-unlisted': (a) => `seat ${v(a, 'seat')} is not listed in the batch server: a manager runs "domus torque setup --apply"`,
  'wait-seat-jobs': (a) => `seat ${v(a, 'seat')} still holds ${v(a, 'jobs')} in the batch server's view`,
  'seat-taken': (a) => `machine ${v(a, 'machine')} sits here`,
  'seat-free': (_) => 'free: a machine starts here when jobs need one',
  'seat-feasibility': (a) => `seat ${v(a, 'seat')} is never started: it keeps wide jobs acceptable to qsub`,
  'wait-seat-stray': (a) => `a guest of an earlier time, ${v(a, 'name')} on ${v(a, 'host')}, may still use seat ${v(a, 'seat')}`,
  'wait-max': (a) => `environment ${v(a, 'environment')} has its maximum of ${v(a, 'max')} machine(s)`,
  'wait-room': (a) => `no host has room for ${v(a, 'cores')} cores and ${v(a, 'memory')} MiB${a['detail'] ? `: ${v(a, 'detail')}` : ''}`,
  'wait-image': (a) => `no usable host sees image ${v(a, 'image')} version ${v(a, 'version')}`,
  'wait-budget': (a) => `waits for its turn: ${v(a, 'what')}, at most ${v(a, 'limit')} at a time`,
  'wait-rate': (a) => `deferred: ${v(a, 'environment')} has started ${v(a, 'count')} machine(s) within the hour (limit ${v(a, 'limit')})`,
  'wait-breaker': (a) => `${v(a, 'subject')} failed ${v(a, 'failures')} time(s) in a row (${v(a, 'why')}): paused for ${t(a, 'inMs')} more`,
  'wait-nodes-together': (a) => `${v(a, 'have')} of ${v(a, 'need')} nodes are ready for job ${v(a, 'job')}: released together`,
  'wait-handover': (a) => `takes the next machine that falls free: ${v(a, 'machines')} of ${v(a, 'from')} take no new jobs`,
  'wait-turn': (a) => `waits behind job ${v(a, 'job')} of ${v(a, 'of')}, which is older and needs the slots before this one would be done`,
  'wait-together': (a) => `waits until it can have its ${v(a, 'slots')} slots at once: ${v(a, 'free')} now`,
  'wait-too-many': (a) => `wants ${v(a, 'slots')} slots at once, and can have ${v(a, 'most')} at most for now: nobody waits for it`,
  'wait-drain': (a) => `room is being made: ${v(a, 'machines')}`,
  // hosts
  'host-silent': (a) => `does not answer: ${v(a, 'cause')}`,
  'host-cordoned': (a) => `cordoned by ${v(a, 'who')}: ${v(a, 'why')}`,
  'host-fenced': (a) => `belongs to deployment ${v(a, 'deployment')} epoch ${v(a, 'epoch')} (journal ${v(a, 'journal')}): it refuses us`,
  'host-store-hung': (_) => 'its image store does not answer',
  'host-usable': (a) => `${v(a, 'cores')} cores and ${v(a, 'memory')} MiB free`,
  'host-off': (a) => `is off (${v(a, 'who')} switched it): woken when jobs need it`,
  'host-off-wished': (a) => `${v(a, 'who')} wants it off (${v(a, 'why')}): it stays off until somebody wakes it (domus hosts on)`,
  'host-waking': (_) => 'is being switched on: does not answer yet',
  'host-sleeping': (_) => 'is being switched off',
  'host-unmanaged': (_) => 'its power is left alone: power.manage is off',
  'step-power-on': (_) => 'is told to switch on',
  'step-power-off': (_) => 'is told to shut down: nothing is on it',
  'wait-host-wakes': (a) => `host ${v(a, 'host')} is being switched on for it`,
  'wait-switches': (a) => `waits for its turn: at most ${v(a, 'limit')} host(s) are switched at a time`,
  'power-went': (a) => `is off, ${t(a, 'tookMs')} after it was told`,
  'power-by-hand': (_) => 'answers although it was switched off: somebody switched it on by hand',
  'power-found-off': (_) => 'its controller says that it is off, and nobody here ordered it',
  'power-silent': (a) => `silent for ${t(a, 'silentMs')}: taken as off, and woken when jobs need it`,
  'power-proved': (a) => `proved: off and on again in ${t(a, 'tookMs')}`,
  'power-back': (_) => 'came back: its cordon is taken away',
  // rooms that are people's by day
  'drain-return': (a) => `host ${v(a, 'host')} is ${v(a, 'whose')} at ${v(a, 'at')}: no job that could last ${t(a, 'lastsMs')} is taken any more`,
  'due-window': (a) => `is ${v(a, 'whose')} from ${v(a, 'at')}: empty by ${v(a, 'emptyAt')}`,
  'due-now': (a) => `is ${v(a, 'whose')} until ${v(a, 'until')}`,
  'leave-due': (a) => `goes back: it is ${v(a, 'whose')} from ${v(a, 'at')}, and must be ready by then`,
  'leave-waits': (a) => `must go back to its classroom, and waits: ${v(a, 'why')}`,
  'leave-off': (a) => `is off, and stays so for the opening: ${v(a, 'why')}`,
  'take-closed': (a) => `the room is closed until ${v(a, 'until')}, and nobody has been logged in for ${t(a, 'quietMs')}`,
  'tenancy-people': (a) => `left alone: ${v(a, 'who')} is logged in`,
  'tenancy-unknown': (a) => `left alone: who is logged in is not known${a['why'] ? ` (${v(a, 'why')})` : ''}`,
  'tenancy-quiet': (a) => `the classroom's for ${t(a, 'leftMs')} more: closed, and nobody logged in, for ${t(a, 'quietMs')} so far`,
  'tenancy-short': (a) => `stays the classroom's: it is due back at ${v(a, 'at')}, too soon to be of use`,
  'tenancy-pause': (a) => `${v(a, 'why')}: tried again in ${t(a, 'inMs')}`,
  'wait-boots': (a) => `waits for its turn: at most ${v(a, 'limit')} host(s) boot the other system at a time`,
  'host-classroom': (a) =>
    a['state'] === 'coming' ? 'is being taken from its classroom: boots Dom0' : a['state'] === 'leaving' ? 'goes back to its classroom' : "is the classroom's",
  'step-boot-classroom': (_) => "is told to boot its classroom's system: nothing is on it",
  'step-wake-classroom': (_) => "is switched on with its classroom's system",
  'step-boot-dom0': (_) => 'is told to boot Dom0: nobody is logged in',
  'step-return-by': (a) => (a['at'] === '' ? 'is told that it need not go back by itself' : `is told to go back by itself at ${v(a, 'at')}`),
  'tenancy-left': (a) => `is the classroom's, ready ${t(a, 'tookMs')} after it was told`,
  'tenancy-came': (a) => `is the cluster's, ${t(a, 'tookMs')} after it was told`,
  'tenancy-by-hand': (a) =>
    a['state'] === 'classroom'
      ? "answers with its classroom's system: it was booted by hand, or went back by itself"
      : 'answers with Dom0: it was booted by hand',
  'tenancy-found-off': (a) => `silent for ${t(a, 'silentMs')} in a closed room: taken as off, and woken when jobs need it`,
  'tenancy-failed': (a) => `did not boot ${v(a, 'system')} within ${t(a, 'limitMs')} of being told`,
  'tenancy-back': (_) => 'was told to boot its classroom, and came up with Dom0 again',
  'room-late': (a) => `will not be ready at ${v(a, 'at')} (${v(a, 'whose')}): ${v(a, 'why')}`,
  'room-missed': (a) => `was not ready at ${v(a, 'at')} (${v(a, 'whose')}): ${v(a, 'why')}`,
  'requeue-notice': (a) => `job ${v(a, 'job')} goes back into its queue at ${v(a, 'at')}: its host is due back`,
  'step-requeue-due': (a) => `puts job ${v(a, 'job')} back into its queue: its host is due back, and the policy says so`,
  'maintenance-set': (a) => `${v(a, 'who')} wants it empty at ${v(a, 'due')}, until ${v(a, 'until')}: ${v(a, 'why')}`,
  'maintenance-over': (a) => `maintenance ${v(a, 'id')} of ${v(a, 'of')} is over: its hosts are the cluster's again`,
  // failures
  'failed-boot': (a) => `no readiness report within ${t(a, 'limitMs')}${a['checks'] ? `; checks: ${v(a, 'checks')}` : ''}${lastLine(a)}`,
  'step-requeue': (a) => `puts job ${v(a, 'job')} back into its queue: its guest is proved gone and the policy says so`,
  'mom-silent': (a) => `the batch server has not heard the worker of ${v(a, 'node')} for ${t(a, 'silentMs')}: no new jobs until it is heard`,
  'failed-join': (a) => `the batch server has not heard the worker of ${v(a, 'node')} within ${t(a, 'limitMs')} of its readiness`,
  'failed-guest-gone': (a) => `its guest vanished from ${v(a, 'host')} (${v(a, 'how')})`,
  'failed-guest-dead': (a) => `its guest is ${v(a, 'state')}${lastLine(a)}`,
  'failed-deed': (a) => `${v(a, 'verb')} failed ${v(a, 'count')} time(s): ${v(a, 'why')}`,
  'failed-host-rebooted': (a) => `host ${v(a, 'host')} has rebooted under it`,
  'kept-for-inspection': (a) => `kept for inspection for ${t(a, 'leftMs')} more: ${v(a, 'why')}`,
  // strays and people
  'stray-guest': (a) => `guest ${v(a, 'name')} on ${v(a, 'host')} belongs to nobody here`,
  'stray-overlay': (a) => `overlay ${v(a, 'name')} on ${v(a, 'host')} belongs to nobody here`,
  'stray-removed': (a) => `removes the stray ${v(a, 'name')}: ${v(a, 'why')}`,
  'offline-by-person': (a) => `offline by a person${a['note'] ? ` (${v(a, 'note')})` : ''}: left alone`,
  denied: (a) => `${v(a, 'what')} was denied by ${v(a, 'by')}: a person must grant the right (${v(a, 'why')})`,
  // answers to requests
  'request-done': (a) => v(a, 'what'),
  'request-refused': (a) => `refused: ${v(a, 'why')}`,
  'request-expired': (_) => 'expired before it could be answered',
  // events
  'daemon-started': (a) => `started, epoch ${v(a, 'epoch')}, version ${v(a, 'version')}`,
  'daemon-stopped': (a) => `stopped: ${v(a, 'why')}`,
  'config-reloaded': (a) => `configuration reloaded: ${v(a, 'differences')}`,
  'config-refused': (a) => `configuration refused: ${v(a, 'why')}`,
  'source-silent': (a) => `${v(a, 'source')} stopped answering: ${v(a, 'cause')}`,
  'source-answers': (a) => `answers: ${v(a, 'jobs')} job(s), ${v(a, 'nodes')} node(s)`,
  'source-back': (a) => `${v(a, 'source')} answers again after ${t(a, 'silentMs')}`,
  'deed-begun': (a) => `${v(a, 'verb')}: ${v(a, 'why')}`,
  'deed-done': (a) => `${v(a, 'verb')} done in ${t(a, 'tookMs')}`,
  'deed-failed': (a) => `${v(a, 'verb')} failed: ${v(a, 'kind')}, ${v(a, 'why')}`,
  ...powerSentences,
  ...serviceSentences,
  ...imageSentences,
  'machine-closed': (a) => `gone after ${t(a, 'livedMs')}; seat ${v(a, 'seat')} rests`,
} satisfies Record<string, (args: Args) => string>;

export type ReasonCode = keyof typeof sentences;
export const reasonCodes = Object.keys(sentences) as readonly ReasonCode[];
export const because = (code: ReasonCode, args: Args = {}, refs: readonly string[] = []): Reason => ({ code, args, refs });

/** The one renderer. `provided` and `among`: the reason is that of the others among so many jobs that are alike. */
export function sentence({ code, args }: Reason): string {
  const text = (sentences[code] as (args: Args) => string)(args);
  return args['provided'] === undefined
    ? text
    : `${v(args, 'provided')} of ${v(args, 'among')} jobs like it are provided for, the oldest first; the others: ${text}`;
}

/** Arguments that move from tick to tick and change nothing of what is said. */
const moves = (key: string): boolean => key.endsWith('Ms') || key === 'provided' || key === 'among';

/** Equal in what they say, so that a stored reason is not written again each tick. Running clocks (arguments ending in `Ms`) and how many are provided for do not count. */
export function sameReason(a: Reason | undefined, b: Reason | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined || a.code !== b.code) return false;
  for (const key in a.args) if (a.args[key] !== b.args[key] && !moves(key)) return false;
  for (const key in b.args) if (a.args[key] !== b.args[key] && !moves(key)) return false;
  return true;
}
