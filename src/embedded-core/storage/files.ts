import { closeSync, fsyncSync, openSync, readdirSync } from 'node:fs'
import { basename, dirname } from 'node:path'

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

/** The names of the copies that a Core has made of a file before it changed the schema, or restored a backup. */
export function copiesOf (file: string): string[] {
  const beginnings = ['schema', 'before-restore'].map((what) => `${basename(file)}.${what}-`)
  return readdirSync(dirname(file)).filter((name) => beginnings.some((beginning) => name.startsWith(beginning)))
}

/** A time in the name of a file, in UTC: `20260131T235959Z`. */
export function stampOf (time: number): string {
  return `${new Date(time).toISOString().replaceAll(/[-:]|\.\d+/g, '')}`
}
