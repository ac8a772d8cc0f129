import { closeSync, fsyncSync, openSync } from 'node:fs'

/** Creates an empty file that only its owner may read. Fails if there is one. */
export function createPrivate (path: string): void {
  closeSync(openSync(path, 'wx', 0o600))
}

/** Waits until the disk has a file or, for its names, a directory. */
export function syncFile (path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** A time in the name of a file, in UTC: `20260131T235959Z`. */
export function stampOf (time: number): string {
  return `${new Date(time).toISOString().replaceAll(/[-:]|\.\d+/g, '')}`
}
