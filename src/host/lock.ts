import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { asIoError, systemCode, whenAbsent } from './io-error.js';
import { forgetTemporary, temporaryName } from './temporary.js';

const POLL_MS = 250;

export interface LockOptions {
  /** Called once, with the owner's process id, when the lock is held by another process. */
  readonly onWait?: (pid: number) => void;
  /** Ends the waiting; the promise is then rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs `work` while this process alone holds the lock file. The file holds its owner's process id and start time, so that the
 * lock of a process that died is recognised (also when its id has been given to another process) and taken over.
 */
export async function withLock<T>(
  file: string,
  work: () => Promise<T>,
  { onWait, signal }: LockOptions = {},
): Promise<T> {
  const mine = owner(process.pid);
  await mkdir(dirname(file), { recursive: true }).catch((error: unknown) => {
    throw asIoError(error, file, 'write');
  });
  for (let told = false; !(await tryLock(file, mine));) {
    const holder = await readFile(file, 'utf8').catch(whenAbsent(''));
    // Gone between the two looks: try again at once.
    if (holder === '') continue;
    if (!isAlive(holder)) {
      await breakLock(file, holder);
      continue;
    }
    if (!told) onWait?.(parseInt(holder, 10));
    told = true;
    await delay(POLL_MS, undefined, { signal });
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

/** `pid starttime`; the start time (clock ticks since boot) is field 22 of /proc/PID/stat, see proc(5). */
function owner(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The command name, field 2, stands in parentheses and may itself hold spaces and parentheses.
  const startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return `${pid} ${startTime}\n`;
}

function isAlive(holder: string): boolean {
  try {
    return owner(parseInt(holder, 10)) === holder;
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ESRCH') return false;
    throw error;
  }
}

/** link(2) makes the lock file with its content in one step: nobody ever reads an empty one. */
async function tryLock(file: string, mine: string): Promise<boolean> {
  const temporary = temporaryName(file);
  try {
    await writeFile(temporary, mine, { flag: 'wx' });
    await link(temporary, file);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw asIoError(error, file, 'write');
  } finally {
    await rm(temporary, { force: true });
    forgetTemporary(temporary);
  }
}

/** Removes a dead owner's lock, and puts it back if another process took the lock over in the meantime. */
async function breakLock(file: string, dead: string): Promise<void> {
  const aside = temporaryName(file);
  try {
    await rename(file, aside).catch(whenAbsent(undefined));
    const taken = await readFile(aside, 'utf8').catch(whenAbsent(dead));
    if (taken !== dead) await link(aside, file);
  } finally {
    await rm(aside, { force: true });
    forgetTemporary(aside);
  }
}
