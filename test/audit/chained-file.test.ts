import { appendFileSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { newChain, nextLine, readHead } from '../../src/audit/chain.js'
import { createFileSink } from '../../src/audit/sinks/file.js'
import { verifyChain, type VerifyOptions } from '../../src/audit/verify.js'
import { createLog, makeEvent } from './events.js'

const KEY = 'a chain key for tests that is long enough'

function open (t: Test, path: string, { chainKey = KEY, ...options }: { chainKey?: string | undefined, sync?: 'always' } = {}) {
  const log = createLog()
  const sink = createFileSink({ path, ...(chainKey !== '' && { chainKey }), ...options }, log)
  t.teardown(() => sink.close(0))
  return { sink, log }
}

/** A file with so many events, after the line that begins it. */
async function written (t: Test, count: number, options: { chainKey?: string } = {}): Promise<string> {
  const path = join(t.testdir(), 'audit.log')
  const { sink } = open(t, path, options)
  for (let i = 0; i < count; i++) sink.write(makeEvent('first-factor.failed', { account: `a${i}•••@example.com` }))
  await sink.close(0)
  return path
}

const verify = (path: string | string[], options: VerifyOptions = { keys: [KEY] }) => verifyChain([path].flat(), options)
const linesOf = (path: string): string[] => readFileSync(path, 'utf8').split('\n').slice(0, -1)
const write = (path: string, lines: string[]): void => { writeFileSync(path, lines.map((line) => `${line}\n`).join('')) }

t.test('lines are private, and in the order of their numbers', async (t) => {
  const path = await written(t, 3)
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.equal(statSync(`${path}.head`).mode & 0o777, 0o600)
  const lines = linesOf(path).map((line) => JSON.parse(line))
  t.strictSame(lines.map(({ sequence }) => sequence), [1, 2, 3, 4])
  t.match(lines[0], { previous: '0'.repeat(64), note: { state: 'begun' } })
  t.match(lines[3], { previous: lines[2].hash, event: { type: 'first-factor.failed' }, hash: /^[0-9a-f]{64}$/, mac: /^[0-9a-f]{64}$/ })
  t.match(await verify(path), { ok: true, lines: 4, events: 3, first: 1, notices: [], head: { sequence: 4, hash: lines[3].hash } })
  t.match(await verify(path, {}), { ok: true }, 'without a key')
})

t.test('what somebody does to the file is found, and the line is named', async (t) => {
  const path = await written(t, 5)
  const original = linesOf(path)
  const [one = '', two = '', three = '', four = '', five = '', six = ''] = original
  const other = linesOf(await written(t, 5))
  /** Written anew by somebody who has no key, or another one. */
  const anew = (key?: string): string[] => {
    let head = { ...newChain(), chain: JSON.parse(one).note.chain as string }
    return original.map((line) => {
      const { event, note } = JSON.parse(line)
      const next = nextLine(head, event === undefined ? { note } : { event: { ...event, account: 'x' } }, key)
      head = next.head as typeof head
      return next.text.trimEnd()
    })
  }
  const attacks: Array<[what: string, lines: string[], line: number, problem: string]> = [
    ['changed', [one, two, three.replace('a1•••', 'b1•••'), four, five, six], 3, 'changed'],
    ['a number changed', [one, two, three.replace('"sequence":3', '"sequence":4'), four, five, six], 3, 'changed'],
    ['a member added', [one, two, three.replace('{"seq', '{"actor":"root","seq'), four, five, six], 3, 'changed'],
    ['the hash with it', [one, two, anew()[2]!, four, five, six], 3, 'no-mac'],
    ['the last one changed', [one, two, three, four, five, six.replace('a4•••', 'b4•••')], 6, 'changed'],
    ['removed', [one, two, four, five, six], 3, 'missing'],
    ['the first one removed', [two, three, four, five, six], 1, 'missing'],
    ['two swapped', [one, two, four, three, five, six], 3, 'missing'],
    ['there twice', [one, two, three, three, four, five, six], 4, 'order'],
    ['inserted', [one, two, three, '{"sequence":4}', four, five, six], 4, 'not-a-line'],
    ['no JSON inserted', [one, two, three, 'nothing', four, five, six], 4, 'not-a-line'],
    ['the last one is no JSON', [one, two, three, four, five, 'nothing'], 6, 'not-a-line'],
    ['an empty line', [one, '', two, three, four, five, six], 2, 'not-a-line'],
    ['from another file with the same key', [one, two, other[2]!, four, five, six], 3, 'changed'],
    ['another chain behind it', [...original, ...other], 7, 'order'],
    ['all anew without the key', anew(), 1, 'no-mac'],
    ['all anew with another key', anew('another key that is long enough for a chain'), 1, 'wrong-key']
  ]
  for (const [what, lines, line, problem] of attacks) {
    write(path, lines)
    t.match(await verify(path), { ok: false, bad: { file: path, line, problem } }, what)
  }
  write(path, anew())
  t.equal((await verify(path, {})).ok, true, 'without a key, whoever can write the file can write it anew')
  write(path, original)
  t.match(await verify(path), { ok: true })
})

t.test('what was cut off at the end is found with a checkpoint', async (t) => {
  const path = await written(t, 5)
  const original = linesOf(path)
  const checkpoint = (await verify(path)).head!
  t.same(readHead(readFileSync(`${path}.head`, 'utf8')), checkpoint, 'the file beside it is one')
  const check = () => verify(path, { keys: [KEY], checkpoints: [checkpoint] })
  t.equal((await check()).ok, true)
  write(path, original.slice(0, 4))
  t.equal((await verify(path)).ok, true, 'without one, an end is an end')
  t.match(await check(), { ok: false, bad: { problem: 'truncated', message: /ends here with number 4.*number 6/ } })
  write(path, [])
  t.match(await check(), { ok: false, bad: { problem: 'truncated' } })
  t.match(await verify(path, { keys: [KEY], checkpoints: [{ ...checkpoint, hash: 'f'.repeat(64) }] }), { bad: { problem: 'wrong-key' } }, 'one that nobody with the key has made')

  // Cut, and continued by the service: its own note says so.
  write(path, original.slice(0, 4))
  const { sink, log } = open(t, path)
  sink.write(makeEvent())
  t.ok(log.has('lines of the audit file are missing'))
  t.match(await verify(path), { ok: false, bad: { line: 5, problem: 'missing', message: /lines 5 to 6/ } })
  t.match(await check(), { ok: false, bad: { line: 5 } })

  // And with that trace removed, too.
  rmSync(`${path}.head`)
  write(path, original.slice(0, 4))
  const again = open(t, path)
  for (let i = 0; i < 5; i++) again.sink.write(makeEvent())
  t.equal((await verify(path)).ok, true)
  t.match(await check(), { ok: false, bad: { line: 6, problem: 'checkpoint' } })
})

t.test('the chain goes on into the next file, whether the service runs or not', async (t) => {
  const path = join(t.testdir(), 'audit.log')
  const first = open(t, path)
  first.sink.write(makeEvent())
  renameSync(path, `${path}.2`)
  first.sink.write(makeEvent())
  t.ok(first.log.has('was rotated'))
  await first.sink.close(0)
  renameSync(path, `${path}.1`)
  const second = open(t, path)
  second.sink.write(makeEvent())
  rmSync(path)
  second.sink.write(makeEvent())
  const files = [`${path}.2`, `${path}.1`, path]
  t.match(await verify(files.slice(0, 2)), { ok: true, lines: 4, events: 2 })
  t.match(await verify(files), { ok: false, bad: { file: path, line: 1, problem: 'missing' } }, 'the one that was removed')
  t.match(await verify(path), { ok: true, first: 7 })
  t.match(await verify([files[1]!, files[0]!]), { ok: false, bad: { problem: 'order' } })
  t.match(await verify([files[0]!, files[0]!]), { ok: false, bad: { line: 1, problem: 'order' } })
  const checkpoint = (await verify(files.slice(0, 2))).head!
  t.match(await verify(path, { keys: [KEY], checkpoints: [checkpoint] }), { ok: true }, 'an older checkpoint')
  t.equal(statSync(path).mode & 0o777, 0o600)
})

t.test('a line that a killed process has not finished is accounted for', async (t) => {
  for (const cut of [1, 20, 200]) {
    const path = await written(t, 3)
    truncateSync(path, statSync(path).size - cut)
    if (cut > 1) t.match(await verify(path), { ok: true, lines: 3, notices: [{ line: 4, message: /not finished/ }] })
    // The head beside it was not written either.
    rmSync(`${path}.head`)
    const { sink } = open(t, path)
    sink.write(makeEvent())
    const verified = await verify(path)
    t.equal(verified.ok, true, JSON.stringify(verified.bad))
    t.equal(verified.events, cut === 1 ? 4 : 3)
    if (cut === 1) continue
    t.match(verified.notices, [{ line: 5, message: /bytes of a line that was not finished/ }])
    const lines = linesOf(path)
    write(path, [...lines.slice(0, 3), 'something else', ...lines.slice(4)])
    t.match(await verify(path), { ok: false, bad: { problem: 'not-a-line' } }, 'nothing else can be put there')
  }
  const path = join(t.testdir(), 'audit.log')
  writeFileSync(path, '{"sequence":1,"prev')
  open(t, path).sink.write(makeEvent())
  t.match(await verify(path), { ok: true, events: 1, notices: [{ line: 2 }] }, 'the very first line')
})

t.test('a second writer, and one who puts lines there, are noticed', async (t) => {
  const path = join(t.testdir(), 'audit.log')
  const one = open(t, path)
  const two = open(t, path)
  for (let i = 0; i < 3; i++) {
    one.sink.write(makeEvent())
    two.sink.write(makeEvent())
  }
  t.ok(one.log.has('somebody else writes'))
  t.match(await verify(path), { ok: true, events: 6 })
  appendFileSync(path, '{"a":1}\n')
  one.sink.write(makeEvent())
  t.ok(one.log.has('not of its chain'))
  t.match(await verify(path), { ok: false, bad: { line: 8, problem: 'not-a-line' } })
})

t.test('a reason with any characters stays one line', async (t) => {
  const path = join(t.testdir(), 'audit.log')
  const { sink } = open(t, path, { sync: 'always' })
  sink.write(makeEvent('second-factor.unlocked', { actor: 'Bob', reason: 'a\u2028b\u2029c\nd\r\u0000e\ud800 "f" \\' }))
  sink.write(makeEvent())
  t.match(await verify(path), { ok: true, events: 2 })
})

t.test('a file that cannot be used stops the start, and says why', async (t) => {
  const dir = t.testdir({ 'foreign.log': '{"level":30}\n{"level":30}\n' })
  const refused = (path: string, message: RegExp) => t.throws(() => open(t, path), { code: 'AUTH_AUDIT_SINK_UNUSABLE', message })
  refused(join(dir, 'missing', 'audit.log'), /the directory .*missing does not exist/)
  refused(join(dir, 'foreign.log'), /not of an audit chain/)
  refused(dir, /EISDIR|directory/)
  refused('/dev/full', /ENOSPC/)
})

t.test('without a key there are no MACs, and a key that was not there before is asked for', async (t) => {
  const path = await written(t, 2, { chainKey: '' })
  t.notOk(readFileSync(path, 'utf8').includes('"mac"'))
  t.match(await verify(path, {}), { ok: true, events: 2 })
  t.match(await verify(path), { ok: false, bad: { line: 1, problem: 'no-mac' } })
})
