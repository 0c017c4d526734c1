// A process of its own for the journal's tests: argv = compiled open.js, compiled clock.js, folder, what to do.
const [, , openFile, clockFile, dir, what] = process.argv;
const { openSqliteJournal } = await import(openFile);
const { systemClock } = await import(clockFile);

const say = (line) => process.stdout.write(`${line}\n`);
const journal = await openSqliteJournal({ dir, clock: systemClock });
try {
  const { fence } = await journal.lease('lab', `life-${process.pid}`);
  say(`leads ${fence.epoch}`);
  if (what === 'write') {
    // Counts up durably for as long as it lives; a number is said only after its commit.
    for (let n = 1; ; n++) {
      const reason = { code: 'daemon-stopped', args: { why: 'x'.repeat(2000) }, refs: [] };
      const events = [{ at: n, subject: 'domus', kind: 'daemon', reason }];
      await journal.commit({ changes: [{ table: 'generations', key: 'seat', row: { number: n } }], events, durable: true }, fence);
      say(`wrote ${n}`);
    }
  }
  setInterval(() => undefined, 1000);
} catch (thrown) {
  say(`${thrown.kind} ${thrown.message}`);
  await journal.close();
}
