import { fork } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { restoreBackup } from '../../../src/embedded-core/index.js'
import { openCore } from '../client.js'
import { damage, newFile } from '../damage.js'
import { populated, signInStatus } from '../backup/stage.js'

/** Runs a call in a process of its own, which is killed before so many changes of names. Resolves with whether there were as many. */
async function killedBefore (t: Test, changes: number, name: string, ...args: unknown[]): Promise<boolean> {
  const child = fork(new URL('./worker.js', import.meta.url), [JSON.stringify([name, changes, ...args])])
  t.teardown(() => { child.kill('SIGKILL') })
  const [code, signal] = await once(child, 'exit') as [number | null, string | null]
  if (signal !== 'SIGKILL') t.equal(code, 0)
  return signal === 'SIGKILL'
}

t.test('a backup that is killed at any step leaves the old backup or the new one', async (t) => {
  const { core, file, post } = await populated(t)
  const path = join(dirname(newFile(t)), 'a.backup')
  await core.backup(path)
  await post('/recipe/signup', { email: 'late@example.com', password: 'correct horse' })
  await core.close()
  const users: number[] = []
  for (let step = 1; await killedBefore(t, step, 'backupFile', file, path, { force: true }); step++) {
    users.push((await restoreBackup(newFile(t), path)).users)
  }
  t.ok(users.length >= 4, `${users.length} steps`)
  t.strictSame(users, users.toSorted(), 'the old one until the new one is there')
  t.strictSame([users.at(0), (await restoreBackup(newFile(t), path)).users], [2, 3])
  t.equal(await signInStatus(await openCore(t, { file })), 'OK', 'and the file is as it was')
})

t.test('a restore that is killed at any step leaves the old files or the new ones', async (t) => {
  const old = await populated(t)
  const path = join(dirname(old.file), 'a.backup')
  await old.core.backup(path)
  await old.post('/recipe/signup', { email: 'late@example.com', password: 'correct horse' })
  await old.post('/appid-b/recipe/signup', { email: 'late@example.com', password: 'correct horse' })
  await old.core.close()
  const outcomes: unknown[] = []
  for (let step = 1, isKilled = true; isKilled; step++) {
    const file = newFile(t)
    for (const suffix of ['', '-app-b']) copyFileSync(old.file + suffix, file + suffix)
    isKilled = await killedBefore(t, step, 'restoreBackup', file, path, { force: true })
    const { core, post } = await openCore(t, { file })
    const answers = [await signInStatus({ post }, 'late@example.com'), await signInStatus({ post }, 'late@example.com', '/appid-b')]
    t.equal(answers[0], answers[1], 'both apps are of the same time')
    t.equal(await signInStatus({ post }), 'OK')
    await core.close()
    t.strictSame([damage(file), damage(`${file}-app-b`)], [[], []])
    t.strictSame([existsSync(`${file}-restore`), existsSync(`${file}-restore-placing`)], [false, false])
    outcomes.push(answers[0])
  }
  t.comment(outcomes.join())
  t.ok(outcomes.length >= 7, `${outcomes.length} steps`)
  t.strictSame([outcomes.at(0), outcomes.at(-1)], ['OK', 'WRONG_CREDENTIALS_ERROR'])
  t.strictSame(outcomes, outcomes.toSorted(), 'old until it is decided, new ever after')
})
