import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createFileSink } from '../../src/audit/sinks/file.js'
import { run } from '../../src/commands/run.js'
import { createLog, makeEvent } from '../audit/events.js'

const KEY = 'a chain key for tests that is long enough'

async function audit (...words: string[]) {
  let out = ''
  let err = ''
  const code = await run(['audit', ...words], { env: {}, cwd: '/nonexistent', out: (text) => { out += text }, err: (text) => { err += text } })
  return { code, out, err }
}

async function files (t: Test) {
  const dir = t.testdir({ key: `${KEY}\n`, 'other.key': 'another key that is long enough for it\n', 'not.json': 'nothing\n' })
  const path = join(dir, 'audit.log')
  const log = createLog()
  const sink = createFileSink({ path, chainKey: KEY }, log)
  for (let i = 0; i < 3; i++) sink.write(makeEvent())
  await sink.close(0)
  return { dir, path, key: join(dir, 'key'), head: `${path}.head`, logged: log.lines.at(-1)?.details }
}

t.test('audit verify says what it has proved, and what not', async (t) => {
  const { dir, path, key, head, logged } = await files(t)
  t.match(await audit('verify', path, '--key-file', key), { code: 0, err: '', out: /^OK: 4 lines, 3 events\.\nThe chain ends with number 4, [0-9a-f]{64}\. Keep this elsewhere/ })
  t.match(await audit('verify', path), { code: 0, out: /Without --key-file, whoever can write the file could have written it anew/ })
  const { code, out } = await audit('verify', path, '--key-file', key, '--json')
  t.equal(code, 0)
  t.match(JSON.parse(out), { ok: true, lines: 4, events: 3, first: 1, head: { sequence: 4 }, notices: [] })

  const [one, two, three] = readFileSync(path, 'utf8').split('\n') as [string, string, string]
  writeFileSync(path, [one, two, three, ''].join('\n'))
  t.match(await audit('verify', path, '--key-file', key), { code: 0 }, 'cut, without a checkpoint')
  writeFileSync(join(dir, 'verified.json'), out)
  writeFileSync(join(dir, 'service.log'), `${JSON.stringify({ level: 30, ...logged as object })}\n`)
  for (const checkpoint of [head, join(dir, 'verified.json'), join(dir, 'service.log')]) {
    t.match(await audit('verify', path, '--key-file', key, '--checkpoint', checkpoint), { code: 1, out: /BAD: .*audit\.log:3: the file ends here with number 3.*cut off/ }, checkpoint)
  }

  writeFileSync(path, [one, two.replace('alice', 'mallory'), three, ''].join('\n'))
  t.match(await audit('verify', path, '--key-file', key), { code: 1, out: /BAD: .*audit\.log:2: it was changed.*\nThe 1 lines before it are right/ })
  t.match(JSON.parse((await audit('verify', path, '--json')).out), { ok: false, bad: { file: path, line: 2, problem: 'changed' } })
  t.match(await audit('verify', path, '--key-file', join(dir, 'other.key')), { code: 1, out: /audit\.log:1: its MAC is not of this key/ })
  t.match(await audit('verify', path, '--key-file', join(dir, 'other.key'), '--key-file', key), { code: 1, out: /:2: it was changed/ }, 'several keys')
  writeFileSync(path, `${one}\n{"sequ`)
  t.match(await audit('verify', path), { code: 0, out: /note: .*:2: the last line is not finished/ })
})

t.test('audit verify refuses what it cannot read', async (t) => {
  const { dir, path } = await files(t)
  t.match(await audit('verify'), { code: 2, err: /Name the files/ })
  t.match(await audit('verify', join(dir, 'missing')), { code: 2, err: /missing cannot be read \(ENOENT\)/ })
  t.match(await audit('verify', path, '--key-file', join(dir, 'missing')), { code: 2, err: /missing cannot be read \(ENOENT\)/ })
  t.match(await audit('verify', path, '--checkpoint', join(dir, 'not.json')), { code: 2, err: /no checkpoint/ })
  t.match(await audit('verfy', path), { code: 2, err: /Unknown action "verfy.*Did you mean "verify"/ })
})

t.test('audit list prints events, also while the service writes them', async (t) => {
  const dir = t.testdir({ '.env': '' })
  const path = join(dir, 'audit.log')
  const sink = createFileSink({ path }, createLog())
  t.teardown(() => sink.close(0))
  sink.write(makeEvent('session.revoked', { actor: 'otto', reason: 'a\u001b[2Jb', time: '2026-11-29T10:00:00.000Z' }))
  sink.write(makeEvent('code.wrong', { userId: 'bob', address: '192.0.2.1' }))
  t.match(await audit('list', path), { code: 0, err: '', out: /^TIME +TYPE +USER +ACTOR +ADDRESS +DETAILS\n\S+ +code\.wrong +bob +192\.0\.2\.1\n\S+ +session\.revoked +alice +otto +reason: a\?\[2Jb\n$/ })
  const json = async (...flags: string[]) => JSON.parse((await audit('list', path, '--json', ...flags)).out)
  t.match(await json('--user', 'bob'), { events: [{ type: 'code.wrong', address: '192.0.2.1' }], damaged: 0, more: false })
  t.match(await json('--type', 'session', '--until', '2026-11-29T10:00Z'), { events: [{ actor: 'otto' }] })
  t.strictSame((await json('--since', '1h', '--result', 'ok')).events.length, 0)
  t.match(await json('--limit', '1'), { events: [{ type: 'code.wrong' }], more: true })
  t.match(await audit('list', path, '--actor', 'nobody'), { code: 0, out: 'no events\n' })
  const env = { AUDIT_SINKS: 'file', AUDIT_FILE: path }
  let out = ''
  t.equal(await run(['audit', 'list', '--request', 'r1'], { env, cwd: dir, out: (text) => { out += text }, err: (text) => { out += text } }), 0)
  t.equal(out, 'no events\n')

  t.match(await audit('list', join(dir, 'missing.log')), { code: 2, err: /missing\.log does not exist/ })
  t.match(await audit('list', join(dir, 'missing', 'audit.log')), { code: 2, err: /cannot be read \(ENOENT\)/ })
  t.match(await audit('list', path, `${path}.1`), { code: 2, err: /Name the present file alone/ })
  t.match(await audit('list'), { code: 2, err: /AUDIT_FILE/ })
  for (const [flag, value] of [['--since', 'yesterday'], ['--type', 'sesion'], ['--result', 'good'], ['--limit', '0']] as const) t.match(await audit('list', path, flag, value), { code: 2, err: new RegExp(`${flag} must be`) })
})

t.test('audit schema and audit types print what docs have', async (t) => {
  t.match(JSON.parse((await audit('schema')).out), { oneOf: [{ title: 'first-factor.passed' }] })
  t.match((await audit('types')).out, /^\| type \| when \|/)
})
