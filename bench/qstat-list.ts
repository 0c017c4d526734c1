import { closeSync, openSync, writeSync } from 'node:fs';

/** How long the list is: single jobs and the elements of one array. */
export const singles = 80_000;
export const elements = 20_000;
export const jobs = singles + elements;
/** What a real server prints for a job whose user has an ordinary environment. */
const bytesPerJob = 1697;
const first = 1_795_234_883;
const running = 8_000;

/** Every fiftieth job is held in the second list: 2 % changed. Running jobs' remaining time goes on in all of them. */
export type Poll = 1 | 2;
export const changedIn = (poll: Poll): number => (poll === 1 ? 0 : jobs / 50);

function job(at: number, poll: Poll): string {
  const user = `user${(at * 7) % 300}`;
  const id = at < singles ? `${at}.torque.example.org` : `${singles}[${at - singles}].torque.example.org`;
  const runs = at < running;
  const held = poll === 2 && at % 50 === 0;
  const since = first + Math.floor(at / 3);
  const head =
    `<Job><Job_Id>${id}</Job_Id><Job_Name>sim${at % 1000}</Job_Name><Job_Owner>${user}@torque.example.org</Job_Owner>` +
    `<job_state>${held ? 'H' : runs ? 'R' : 'Q'}</job_state><queue>${['sl5', 'sl6', 'grid', 'long'][at % 4]}</queue><server>torque.example.org</server>` +
    `<Checkpoint>u</Checkpoint><ctime>${since}</ctime><Error_Path>torque.example.org:/home/${user}/sim.e${at}</Error_Path>` +
    `${runs ? `<exec_host>wn${at % 1000}.example.org/0</exec_host><exec_port>15003</exec_port>` : ''}<Hold_Types>${held ? 'u' : 'n'}</Hold_Types>` +
    '<Join_Path>n</Join_Path><Keep_Files>n</Keep_Files><Mail_Points>a</Mail_Points>' +
    `<mtime>${since + (held ? 60 : 0)}</mtime><Output_Path>torque.example.org:/home/${user}/sim.o${at}</Output_Path><Priority>0</Priority>` +
    `<qtime>${since}</qtime><Rerunable>True</Rerunable><Resource_List><neednodes>1:ppn=${1 + (at % 4)}</neednodes><nodect>1</nodect>` +
    `<nodes>1:ppn=${1 + (at % 4)}</nodes><walltime>0${1 + (at % 9)}:00:00</walltime></Resource_List><substate>10</substate>`;
  const variables = `PBS_O_QUEUE=grid,PBS_O_HOME=/home/${user},PBS_O_LOGNAME=${user},PBS_O_PATH=/opt/torque/bin:/usr/bin:/bin,PBS_O_SHELL=/bin/bash`;
  const tail =
    `<euser>${user}</euser><egroup>${user}</egroup><queue_rank>${at}</queue_rank><queue_type>E</queue_type><etime>${since}</etime>` +
    '<submit_args>-q grid -N sim -l nodes=1:ppn=1,walltime=01:00:00 job.sh</submit_args>' +
    `${runs ? `<start_time>${since + 60}</start_time><Walltime><Remaining>${3600 - 15 * poll}</Remaining></Walltime><start_count>1</start_count>` : ''}` +
    `${at < singles ? '' : `<job_array_id>${at - singles}</job_array_id>`}` +
    '<fault_tolerant>False</fault_tolerant><job_radix>0</job_radix><submit_host>torque.example.org</submit_host></Job>';
  const room = bytesPerJob - head.length - tail.length - variables.length - '<Variable_List>,LS_COLORS=</Variable_List>'.length;
  return `${head}<Variable_List>${variables},LS_COLORS=${'*.x=01;35:'.repeat(room).slice(0, Math.max(0, room))}</Variable_List>${tail}`;
}

/** Writes what `qstat -t -x` would print, of every `part`th job; gives its size in bytes. */
export function writeList(file: string, poll: Poll, part = 1): number {
  const to = openSync(file, 'w');
  let bytes = writeSync(to, '<Data>');
  for (let at = 0; at < jobs; at += 1000 * part) bytes += writeSync(to, Array.from({ length: 1000 }, (_, i) => job(at + i * part, poll)).join(''));
  bytes += writeSync(to, '</Data>\n');
  closeSync(to);
  return bytes;
}
