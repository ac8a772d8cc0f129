import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import t, { type Test } from 'tap'
import { createEmbeddedCore } from '../../src/embedded-core/index.js'
import { damage, newFile } from './damage.js'
import { caller, contradictions, emptyLedger, lane, type Address, type Ledger } from './durability-load.js'

const ROUNDS = Number(process.env.DURABILITY_ROUNDS ?? 6)
const LANES = 8
const seed = Number(process.env.DURABILITY_SEED ?? Date.now() % 2 ** 31)

/** mulberry32: the same moments again with the same seed, as far as the machine lets them be the same. */
function randomOf (start: number): () => number {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

async function start (t: Test, file: string, durability: string): Promise<{ child: ChildProcess, address: Address }> {
  const child = fork(new URL('./owner.js', import.meta.url), [file, durability])
  t.teardown(() => { child.kill('SIGKILL') })
  const [address] = await once(child, 'message') as [Address]
  return { child, address }
}

t.test('a process that is killed under load has lost nothing it acknowledged, and left nothing half-done', async (t) => {
  t.comment(`seed ${seed}; DURABILITY_SEED repeats it`)
  const random = randomOf(seed)
  const file = newFile(t)
  const all: Ledger = emptyLedger()
  for (let round = 0; round < ROUNDS; round++) {
    // Where the log is not synced, the system has what was written, and a process that is killed does not take it along.
    const durability = round % 2 === 0 ? 'full' : 'normal'
    const { child, address } = await start(t, file, durability)
    // Sometimes during the very first writes, sometimes when the log is long.
    const until = 1 + Math.floor(random() ** 2 * 250)
    let answered = 0
    const post = caller(address, () => { if (++answered === until) child.kill('SIGKILL') })
    const exit = once(child, 'exit')
    const ledger = emptyLedger()
    const lanes = Array.from({ length: LANES }, (_, index) => lane(post, ledger, `r${round}-l${index}`))
    await exit
    const ends = await Promise.all(lanes)
    t.strictSame(ends.map(({ message }) => message).filter((message) => / answers /.test(message)), [], 'until then every request succeeded')
    t.strictSame(damage(file), [])

    const after = await createEmbeddedCore({ file, config: { bcrypt_log_rounds: 4 } })
    t.strictSame(await contradictions(caller(after), ledger), [])
    all.signUps.push(...ledger.signUps)
    all.signUpsTried.push(...ledger.signUps.map(({ email }) => email))
    all.removed.push(...ledger.removed)
    for (const [userId, entry] of ledger.metadata) all.metadata.set(userId, entry)
    t.comment(`round ${round}, ${durability}, killed at answer ${until}: ${ledger.signUps.length} sign-ups, ${ledger.sessions.length + ledger.removed.length} sessions, ${ledger.codes.length} codes acknowledged`)
    await after.close()
  }
  const last = await createEmbeddedCore({ file })
  t.teardown(() => last.close())
  t.strictSame(await contradictions(caller(last), all), [], 'and nothing of earlier rounds is gone')
})
