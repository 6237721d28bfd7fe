import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Gives the tests of a run one folder for all their temporary files, and removes it after the run with all in it. */
export function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'scorebridge-tests-'));
  // Tests that run a command as another user need it to get through to a folder of theirs.
  chmodSync(folder, 0o711);
  // The workers' processes inherit it, and os.tmpdir goes by it: TMPDIR, on Windows TEMP.
  Object.assign(process.env, { TMPDIR: folder, TEMP: folder, TMP: folder });
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
