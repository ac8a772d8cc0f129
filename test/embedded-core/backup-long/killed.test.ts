import { fork } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { restoreBackup } from '../../../src/embedded-core/index.js'
import { openCore } from '../client.js'
import { damage, newFile } from '../damage.js'
import { populated, signInStatus } from '../backup/stage.js'

const MOMENTS = 10

/** Runs a call in a process of its own, which is killed after so many milliseconds. Resolves with whether it was. */
async function killedAfter (t: Test, ms: number, call: [name: string, ...args: unknown[]]): Promise<boolean> {
  const child = fork(new URL('./worker.js', import.meta.url), [JSON.stringify(call)])
  t.teardown(() => { child.kill('SIGKILL') })
  await once(child, 'message')
  const exit = once(child, 'exit')
  child.send('go')
  await Promise.race([sleep(ms), exit])
  child.kill('SIGKILL')
  const [, signal] = await exit as [number | null, string | null]
  return signal === 'SIGKILL'
}

t.test('a backup that is killed, whenever it is, leaves the old backup or the new one', async (t) => {
  const { core, file } = await populated(t)
  await core.close()
  const folder = dirname(newFile(t))
  const path = join(folder, 'a.backup')
  await killedAfter(t, 60_000, ['backupFile', file, path, {}])
  let killed = 0
  for (let moment = 0; moment < MOMENTS; moment++) {
    if (await killedAfter(t, moment * 25, ['backupFile', file, path, { force: true }])) killed++
    const other = newFile(t)
    await restoreBackup(other, path)
    t.strictSame(damage(other), [])
  }
  t.ok(killed > 0, `${killed} of ${MOMENTS} were killed`)
  t.equal(await signInStatus(await openCore(t, { file })), 'OK', 'and the file is as it was')
})

t.test('a restore that is killed, whenever it is, leaves the old files or the new ones', async (t) => {
  const old = await populated(t)
  const path = join(dirname(old.file), 'a.backup')
  await old.core.backup(path)
  await old.post('/recipe/signup', { email: 'late@example.com', password: 'correct horse' })
  await old.post('/appid-b/recipe/signup', { email: 'late@example.com', password: 'correct horse' })
  await old.core.close()
  const outcomes = { old: 0, new: 0 }
  for (let moment = 0; moment < 2 * MOMENTS; moment++) {
    const file = newFile(t)
    for (const suffix of ['', '-app-b']) copyFileSync(old.file + suffix, file + suffix)
    await killedAfter(t, moment * 20, ['restoreBackup', file, path, { force: true }])
    const { core, post } = await openCore(t, { file })
    const answers = [await signInStatus({ post }, 'late@example.com'), await signInStatus({ post }, 'late@example.com', '/appid-b')]
    t.equal(answers[0], answers[1], 'both apps are of the same time')
    t.equal(await signInStatus({ post }), 'OK')
    outcomes[answers[0] === 'OK' ? 'old' : 'new']++
    await core.close()
    t.strictSame([damage(file), damage(`${file}-app-b`)], [[], []])
    t.notOk(existsSync(`${file}-restore`))
  }
  t.ok(outcomes.old > 0 && outcomes.new > 0, JSON.stringify(outcomes))
})
