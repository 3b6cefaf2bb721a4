// A program for process.test.ts: the real process around a command that takes its time to put things back.
import { EXIT, UserError } from '../../src/errors.ts';
import { finish, perform, prepareProcess } from '../../src/process.ts';

const RESTORE_MS = 400;
const [, , kind] = process.argv;

prepareProcess();
await finish(
  await perform({
    changesMachine: kind !== 'reader' && kind !== 'endless',
    execute: async (io) => {
      if (kind === 'user-error')
        throw new UserError('the port 5060 is in use: stop the other router', EXIT.unsafe);
      if (kind === 'bug') throw new TypeError('x is not a function');
      if (kind === 'dries-up') await new Promise(() => {});
      if (kind === 'talker') for (let n = 0; n < 20_000; n += 1) io.out(`line ${n} of much data\n`);
      if (kind === 'late-bug')
        setTimeout(() => {
          throw new TypeError('in a callback');
        }, 10);
      if (kind === 'talker') return EXIT.ok;
      io.out('ready\n');
      if (kind === 'endless') setInterval(() => io.out('an answer\n'), 5);
      // Keeps the process alive until it is told to stop.
      const alive = setInterval(() => {}, 1000);
      await new Promise<void>((resolve) => io.signal.addEventListener('abort', () => resolve()));
      await new Promise((resolve) => setTimeout(resolve, RESTORE_MS));
      clearInterval(alive);
      io.out('restored\n');
      return EXIT.interrupted;
    },
  }),
);
