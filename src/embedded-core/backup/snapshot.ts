import { createHash } from 'node:crypto'
import { createReadStream, mkdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { CORE_BACKUP_FAILED } from '../errors.js'
import type { Storage } from '../storage/storage.js'
import type { KeyRing } from '../storage/key-ring.js'
import { PUBLIC } from '../tenants/apps.js'
import { type Contents, writeContainer } from './container.js'
import { inspect } from './inspection.js'
import { sign } from './signature.js'

export interface Snapshots {
  /** The bytes of a backup, of all apps as they are now. One is made at a time; others wait. */
  stream (): AsyncGenerator<Buffer>
  /** Ends the one that is under way, and begins no other. */
  stop (): void
  /** Resolves when nothing of it is left. */
  ended (): Promise<void>
}

interface Copied { id: string, db: Pick<Storage, 'copyTo'> }

interface SnapshotOptions {
  file: string
  apps: { list: () => Copied[] }
  ring: KeyRing
  now: () => number
}

/** How often it begins anew because apps have come or gone. */
const ATTEMPTS = 3

/**
 * Makes backups of a running Core: copies its files, checks the copies, and then sends them. What was acknowledged before is
 * in it, and no request waits for it. Needs as much room beside the files as they take.
 */
export function createSnapshots ({ file, apps, ring, now }: SnapshotOptions): Snapshots {
  // A name that nobody gives a copy of their own: what is there is removed.
  const folder = `${file}-being-backed-up`
  const pathOf = (app: string) => join(folder, `${app}.sqlite`)
  const remove = (): void => { rmSync(folder, { recursive: true, force: true }) }
  let stopped = false
  let latest: Promise<void> = Promise.resolve()
  // A process that was killed has left one. The file has one owner, so it is nobody else's.
  if (file !== ':memory:') remove()

  async function copyAll (): Promise<Copied[]> {
    for (let attempt = 1; ; attempt++) {
      remove()
      mkdirSync(folder, { mode: 0o700 })
      // The public app is the last: its file lists the others.
      const listed = apps.list().toSorted((one, other) => Number(one.id === PUBLIC) - Number(other.id === PUBLIC))
      try {
        for (const { id, db } of listed) await db.copyTo(pathOf(id))
      } catch (error) {
        if (stopped || attempt === ATTEMPTS || isSame(listed, apps.list())) throw error
      }
      if (isSame(listed, apps.list())) return listed
      if (attempt === ATTEMPTS) throw new CORE_BACKUP_FAILED('apps come and go')
    }
  }

  function refuseIfStopped (): void {
    if (stopped) throw new CORE_BACKUP_FAILED('the Core was closed')
  }

  async function make (): Promise<Contents> {
    if (file === ':memory:') throw new CORE_BACKUP_FAILED('what is in memory has no file')
    refuseIfStopped()
    const createdAt = new Date(now()).toISOString()
    const files: Contents['files'] = []
    let schemaVersion = 0
    for (const { id: app } of await copyAll()) {
      const inspected = await inspect(pathOf(app))
      refuseIfStopped()
      schemaVersion = inspected.schemaVersion
      files.push({ app, bytes: statSync(pathOf(app)).size, sha256: await hashOf(pathOf(app)), users: inspected.users })
    }
    return { createdAt, schemaVersion, users: files.reduce((sum, { users }) => sum + users, 0), files }
  }

  return {
    async * stream () {
      const before = latest
      let end = (): void => {}
      latest = new Promise((resolve) => { end = resolve })
      await before
      try {
        for await (const bytes of writeContainer(sign(await make(), ring), pathOf)) {
          refuseIfStopped()
          yield bytes
        }
      } finally {
        try {
          if (file !== ':memory:') remove()
        } finally {
          end()
        }
      }
    },
    stop () { stopped = true },
    ended: () => latest
  }
}

function isSame (some: Copied[], others: Copied[]): boolean {
  return some.length === others.length && some.every(({ id }) => others.some((other) => other.id === id))
}

async function hashOf (path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}
