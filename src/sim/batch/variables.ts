import type { Server } from './server.js';

/** `Variable_List` as pbs_server keeps it: quotes get a backslash, a newline becomes a comma, other bytes stay. */
export function variableList(server: Server, user: string, queue: string, given: string | undefined, whole: boolean): string {
  const home = `/home/${user}`;
  const path = '/opt/torque/bin:/usr/bin:/bin';
  const list = [
    `PBS_O_QUEUE=${queue}`,
    `PBS_O_HOME=${home}`,
    `PBS_O_LOGNAME=${user}`,
    `PBS_O_PATH=${path}`,
    'PBS_O_SHELL=/bin/bash',
    'PBS_O_LANG=C.UTF-8',
    ...(given === undefined ? [] : [given.replace(/["']/g, '\\$&').replace(/\n/g, ',')]),
    `PBS_O_WORKDIR=${home}`,
    `PBS_O_HOST=${server.name}`,
    `PBS_O_SERVER=${server.name}`,
  ];
  if (whole)
    list.push(`USER=${user}`, `HOME=${home}`, 'OLDPWD=/srv/torque', `LOGNAME=${user}`, `PATH=${path}`, 'LANG=C.UTF-8', 'SHELL=/bin/bash', `PWD=${home}`);
  return list.join(',');
}
