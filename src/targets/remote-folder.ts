// A campaign's folder on another machine, for its router's or its generators' files: which only root can read, and which goes away
// with the restore.
import { randomBytes } from 'node:crypto';

/** /run is empty after a boot; some machines have it read-only. */
const PARENTS = ['/run', '/tmp'] as const;
const RANDOM_BYTES = 3;

/** Where the folder may be, best first. Named before it is made, so that the way back can name it before it is there. */
export const remoteFolders = (whose: 'router' | 'load'): readonly string[] =>
  PARENTS.map((parent) => `${parent}/siptune-${whose}-${randomBytes(RANDOM_BYTES).toString('hex')}`);

/** Fails where there is one of that name. */
export const makeFolder = (path: string): readonly string[] => ['mkdir', '-m', '700', '--', path];

/** What a router's folder is called: a damaged journal must not name another one, for it is deleted. */
export const REMOTE_FOLDER = /^\/(?:run|tmp)\/siptune-router-[A-Za-z0-9]{6}$/;
