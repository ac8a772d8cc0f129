import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { lookEvery, startSchedule, type ScheduleOptions } from '../../../src/embedded-core/backup/schedule.js'
import { createEmbeddedCore, restoreBackup, type CoreEvent } from '../../../src/embedded-core/index.js'
import { openCore } from '../client.js'
import { newFile } from '../damage.js'
import { BACKUP_KEY, populated, signInStatus } from './stage.js'

const HOUR = 60 * 60 * 1000
const START = Date.parse('2026-01-31T00:00:00Z')

/** A schedule over a backup that only writes a file, or fails. */
function stage (t: Test, options: Partial<ScheduleOptions> = {}, random = () => 0.5) {
  const directory = options.directory ?? dirname(newFile(t))
  const lines: Array<{ level: number, msg: string }> = []
  const events: CoreEvent[] = []
  const at = { time: START, fails: false, made: 0, keys: [] as unknown[] }
  const start = () => startSchedule({ directory, every: 10 * HOUR, keep: 3, ...options }, {
    file: '/data/core.sqlite',
    now: () => at.time,
    random,
    onEvent: (event) => { events.push(event) },
    log: pino({ level: 'info' }, { write: (line: string) => { lines.push(JSON.parse(line)) } }),
    async backup (path, { key }) {
      at.keys.push(key)
      if (at.fails) throw Object.assign(new Error('no room'), { code: 'CORE_BACKUP_FAILED' })
      at.made++
      writeFileSync(path, 'x')
      return { createdAt: new Date(at.time), users: 1, apps: 1, schemaVersion: 3 }
    }
  })
  const schedule = start()
  t.teardown(() => schedule.stop())
  return { schedule, start, at, lines, events, directory, files: () => readdirSync(directory).sort() }
}

t.test('backups are made at intervals with jitter, and the oldest go', async (t) => {
  const { schedule, at, files } = stage(t)
  await schedule.tick()
  t.equal(at.made, 1, 'the first at once, as there is none')
  for (const [hours, made] of [[10.4, 1], [0.2, 2], [10.4, 2], [0.2, 3], [11, 4], [11, 5]] as const) {
    at.time += hours * HOUR
    await schedule.tick()
    t.equal(at.made, made)
  }
  t.equal(files().length, 3)
  t.match(files()[2], /^core\.sqlite-2026020\dT\d{6}Z\.backup$/)
  t.match(schedule.state(), { last: { at: new Date(at.time) }, failure: undefined })
})

t.test('what is due is not left for another interval, however short it is', (t) => {
  t.equal(lookEvery(60_000), 6000)
  t.equal(lookEvery(10 * HOUR), 60_000)
  t.end()
})

t.test('one that fails is tried again soon, is said in the log, and costs no old one', async (t) => {
  const { schedule, at, lines, events, files } = stage(t)
  await schedule.tick()
  at.time += 11 * HOUR
  at.fails = true
  const before = files()
  for (let turn = 0; turn < 5; turn++) {
    await schedule.tick()
    at.time += 15 * 60_000
  }
  t.match(lines.map(({ level }) => level), [30, 50, 50, 50, 50, 50])
  t.strictSame(events.slice(0, 2), [{ type: 'backup-made', asked: 'schedule' }, { type: 'backup-failed', asked: 'schedule', code: 'CORE_BACKUP_FAILED' }])
  t.equal(events.length, lines.length)
  t.strictSame(files(), before)
  t.match(schedule.state(), { last: { at: new Date(START) }, failure: { code: 'CORE_BACKUP_FAILED' }, failures: 5, every: 10 * HOUR })
  at.fails = false
  await schedule.tick()
  t.match(schedule.state(), { last: { at: new Date(at.time) }, failure: undefined })
})

t.test('a service that restarts goes on where the last one was, by the names in the directory', async (t) => {
  const first = stage(t)
  await first.schedule.tick()
  const { schedule, at } = stage(t, { directory: first.directory })
  t.match(schedule.state().last, { at: new Date(START) })
  at.time = START + HOUR
  await schedule.tick()
  t.equal(at.made, 0)
})

t.test('another key encrypts from the next one on, if it is one', async (t) => {
  const { schedule, at } = stage(t, { key: 'o'.repeat(32) })
  await schedule.tick()
  t.throws(() => schedule.prepareKey('short'), { code: 'CORE_OPTION_INVALID' })
  schedule.prepareKey(['n'.repeat(32), 'o'.repeat(32)])()
  at.time += 11 * HOUR
  await schedule.tick()
  t.strictSame(at.keys, ['o'.repeat(32), ['n'.repeat(32), 'o'.repeat(32)]])
})

t.test('what is not its own stays', async (t) => {
  const { schedule, at, files, directory } = stage(t, { keep: 1 })
  const others = ['core.sqlite-.backup', 'core.sqlite-20250101T000000Z.backup.txt', 'core.sqlite-yesterday.backup', 'other.sqlite-20250101T000000Z.backup', 'notes', '.core.sqlite.unfinished']
  for (const name of others) writeFileSync(join(directory, name), '')
  for (const name of ['core.sqlite-20250101T000000Z.backup', '.core.sqlite-20250102T000000Z.backup.0123456789ab.unfinished']) writeFileSync(join(directory, name), '')
  await schedule.tick()
  t.equal(at.made, 1)
  t.strictSame(files(), [...others, 'core.sqlite-20260131T000000Z.backup'].sort())
})

t.test('a directory that is missing is not made: it may be a volume that is not there', async (t) => {
  const folder = dirname(newFile(t))
  const directory = join(folder, 'backups')
  const missing = { code: 'CORE_OPTION_INVALID', message: /BACKUP_DIR.* must be a directory that exists: .*backups does not/ }
  t.throws(() => stage(t, { directory }), missing)
  t.strictSame(readdirSync(folder), [])
  writeFileSync(directory, 'a file')
  t.throws(() => stage(t, { directory }), missing)
  rmSync(directory)
  mkdirSync(directory)
  const { schedule, lines } = stage(t, { directory })
  rmSync(directory, { recursive: true })
  await schedule.tick()
  t.match(lines, [{ level: 50 }])
  t.strictSame(readdirSync(folder), [], 'nor later')
})

t.test('a running Core makes its backups by itself, and they can be restored', async (t) => {
  const file = newFile(t)
  const directory = join(dirname(file), 'backups')
  mkdirSync(directory)
  const { core } = await populated(t, { file, backups: { directory, every: 1000, keep: 2, key: BACKUP_KEY } })
  t.equal(core.backupState()?.last, undefined)
  for (let turn = 0; turn < 100 && core.backupState()?.last === undefined; turn++) await new Promise((resolve) => { setTimeout(resolve, 100) })
  const { last } = core.backupState() ?? {}
  await core.close()
  const other = newFile(t)
  await restoreBackup(other, last?.path ?? '', { key: BACKUP_KEY })
  t.equal(await signInStatus(await openCore(t, { file: other })), 'OK')
})

t.test('options that make no sense are refused', async (t) => {
  const file = newFile(t)
  for (const backups of [{ directory: '' }, { directory: 'a', every: 10 }, { directory: 'a', every: NaN }, { directory: 'a', keep: 0 }, { directory: 'a', keep: 1.5 }, { directory: 'a', key: 'short' }]) {
    await t.rejects(createEmbeddedCore({ file, backups }), { code: 'CORE_OPTION_INVALID' })
  }
  await t.rejects(createEmbeddedCore({ backups: { directory: 'a' } }), { code: 'CORE_OPTION_INVALID' })
})
