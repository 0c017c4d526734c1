import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../src/clock.js';
import { packageFile } from '../src/paths.js';

const perSecond = 100;
const seconds = 20;
/** What the page and the command line ask for. */
const urls = ['status', 'environments', 'machines', 'hosts', 'jobs?limit=100', 'plan', 'actions', 'why/any/grid', 'jobs?class=waiting', 'images'];

const rounded = (ms: number): number => Math.round(ms * 100) / 100;
const at = (sorted: readonly number[], part: number): number => rounded(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0);

/** Processor time of a process so far, ms; Linux counts it in hundredths of a second. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** The daemon, among the children of the lab. */
function daemonOf(lab: number): number {
  const children = readFileSync(`/proc/${lab}/task/${lab}/children`, 'utf8').trim().split(' ').map(Number);
  const daemon = children.find((pid) => pid > 0 && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('\0run\0'));
  if (daemon === undefined) throw new Error('the lab has no daemon');
  return daemon;
}

async function ready(ask: (path: string) => Promise<number>): Promise<void> {
  for (let tries = 0; tries < 240; tries++) {
    try {
      await ask('status');
      return;
    } catch {
      await systemClock.sleep(500); // it has not begun to listen
    }
  }
  throw new Error('the lab did not open within two minutes');
}

function open(folder: string): ChildProcess {
  return spawn(process.execPath, [packageFile('dist', 'src', 'cli', 'main.js'), 'lab', '--dir', folder, '--pace', '6'], { stdio: 'ignore' });
}

/** Time of answers of the real daemon of the lab (its main job under way, looking every second) at 100 questions a second. The load of the machine stands beside it: what others do to the processors is in the times. */
export const bench = {
  name: 'api-lab',
  async run(): Promise<Record<string, number>> {
    const folder = mkdtempSync(join(tmpdir(), 'dl-'));
    const lab = open(folder);
    const ended = new Promise((resolve) => lab.once('exit', resolve));
    const agent = new Agent({ keepAlive: true, maxSockets: 16 });
    const ask = (path: string): Promise<number> =>
      new Promise((resolve, reject) => {
        const from = systemClock.mono();
        const call = request({ socketPath: join(folder, 'run', 'control.sock'), path: `/api/v1/${path}`, agent }, (answer) => {
          answer.resume();
          answer.on('end', () => (answer.statusCode === 200 ? resolve(systemClock.mono() - from) : reject(new Error(`${path}: ${answer.statusCode}`))));
        });
        call.on('error', (thrown) => (call.reusedSocket ? ask(path).then(resolve, reject) : reject(thrown)));
        call.end();
      });
    try {
      await ready(ask);
      await systemClock.sleep(10_000); // the job is under way
      const pid = daemonOf(lab.pid ?? 0);
      const cpu = (): number => cpuOf(pid);
      const idleFrom = { at: systemClock.mono(), cpu: cpu() };
      await systemClock.sleep(5000);
      const idle = (cpu() - idleFrom.cpu) / (systemClock.mono() - idleFrom.at);
      const answers: Promise<number>[] = [];
      const [began, before] = [systemClock.mono(), cpu()];
      for (let n = 0; n < perSecond * seconds; n++) {
        await systemClock.sleep(began + (n * 1000) / perSecond - systemClock.mono());
        const answer = ask(urls[n % urls.length] ?? 'status');
        answer.catch(() => undefined); // told below
        answers.push(answer);
      }
      const took = (await Promise.all(answers)).sort((a, b) => a - b);
      const lasted = systemClock.mono() - began;
      const busy = (cpu() - before) / lasted;
      return {
        ...{ requests: took.length, perSecond: rounded((took.length * 1000) / lasted) },
        ...{ p50Ms: at(took, 0.5), p95Ms: at(took, 0.95), p99Ms: at(took, 0.99), worstMs: at(took, 1) },
        ...{
          daemonCpuPercentIdle: rounded(100 * idle),
          daemonCpuPercentAsked: rounded(100 * busy),
          cpuMsPerRequest: rounded(((busy - idle) * lasted) / took.length),
        },
        load1: rounded(loadavg()[0] ?? 0),
      };
    } finally {
      agent.destroy();
      lab.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
