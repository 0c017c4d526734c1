// A caller of the sockets as another user: argv = uid, socket, steps. Prints one JSON value for each question.
import { linkSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { dirname, join } from 'node:path';

const [, , uid, socketPath, ...steps] = process.argv;
if (Number(uid) !== process.getuid()) {
  process.setgroups([]);
  process.setgid(Number(uid));
  process.setuid(Number(uid));
}

const get = (path, headers) =>
  new Promise((resolve) => {
    const call = request({ socketPath, path: `/api/v1/${path}`, headers }, (answer) => {
      let body = '';
      answer.on('data', (bytes) => {
        body += bytes;
      });
      answer.on('end', () => resolve(JSON.parse(body)));
    });
    call.on('error', (thrown) => resolve({ failed: thrown.code }));
    call.end();
  });

const roots = join(dirname(socketPath), 'roots-own-file');
const old = join(dirname(socketPath), 'old');
const ways = {
  make: (path) => writeFileSync(path, '', { flag: 'wx' }),
  link: (path) => linkSync(roots, path),
  symlink: (path) => symlinkSync(roots, path),
  fill: (path) => writeFileSync(path, 'x'),
  folder: (path) => mkdirSync(path),
  rename: (path) => renameSync(old, path),
  nothing: () => undefined,
};

let challenge;
for (const step of steps) {
  if (step === 'challenge') challenge = await get('identity/challenge', {});
  else if (step in ways) ways[step](challenge.path);
  else process.stdout.write(`${JSON.stringify(await get(step.slice(4), challenge === undefined ? {} : { 'x-domus-identity': challenge.nonce }))}\n`);
}
