// A campaign's folder on another machine, for its router's files: which only root can read, and which goes away with the restore.

/** For sh; prints the folder. */
export const MAKE_FOLDER_SCRIPT =
  'mktemp -d /run/siptune-router-XXXXXX 2>/dev/null || mktemp -d /tmp/siptune-router-XXXXXX';

/** What it makes: a damaged journal must not name another one, for it is deleted. */
export const REMOTE_FOLDER = /^\/(?:run|tmp)\/siptune-router-[A-Za-z0-9]{6}$/;
