import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { stampOf, syncFile } from '../storage/files.js'

/** Holds the new files. As soon as it has this name, the restore happens; under the second, the old files are away. */
const decided = (file: string): string => `${file}-restore`
const emptied = (file: string): string => `${file}-restore-placing`

/** The names of a Core's files: those of the apps before that of the public one, and logs before what they belong to. */
export function namesIn (folder: string, name: string): string[] {
  const own = ['', '-wal', '-shm', '-journal'].map((suffix) => name + suffix)
  return readdirSync(folder).filter((one) => own.includes(one) || one.startsWith(`${name}-app-`)).sort((one, other) => other.length - one.length)
}

/**
 * Decides for a restore: from here on it happens, whatever ends this process. It is one rename, so it is done or not.
 * `prepared` has the new files, under the names that they will have.
 */
export function decideRestore (file: string, prepared: string): void {
  syncFile(prepared)
  renameSync(prepared, decided(file))
  syncFile(dirname(file))
}

export function isRestoreDecided (file: string): boolean {
  return existsSync(decided(file)) || existsSync(emptied(file))
}

/**
 * Ends a restore that was decided: gives what was there another name, and the new files theirs. Each step is a rename, and
 * can be repeated: every start of a Core goes on with a restore that was interrupted.
 */
export function finishRestore (file: string): void {
  const [folder, name] = [dirname(file), basename(file)]
  if (existsSync(decided(file))) {
    // Stays the same until the first file leaves the folder.
    const before = `${name}.before-restore-${stampOf(statSync(decided(file)).mtimeMs)}`
    for (const old of namesIn(folder, name)) renameSync(join(folder, old), join(folder, before + old.slice(name.length)))
    syncFile(folder)
    renameSync(decided(file), emptied(file))
    syncFile(folder)
  }
  for (const fresh of namesIn(emptied(file), name)) renameSync(join(emptied(file), fresh), join(folder, fresh))
  syncFile(folder)
  rmSync(emptied(file), { recursive: true })
}
