import { execFile, spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import t from 'tap'
import { names, setting } from '../src/config/settings.js'
import { createServer } from '../src/server.js'
import { loadConfig } from '../src/config/load.js'
import { pathTo } from './root.js'

const run = promisify(execFile)
const readme = await readFile(pathTo('README.md'), 'utf8')

/** The shell's lines in a section, as somebody pastes them: block after block. */
function linesOf (heading: string): string {
  const section = readme.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? ''
  return [...section.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, code]) => code).join('')
}

const SHELLS: Record<string, string[]> = { bash: ['--norc', '-eus'], dash: ['-eus'], zsh: ['-feus'] }

t.test('the walk-through works as printed', async (t) => {
  const config = loadConfig({ PORT: '0', LOG_LEVEL: 'silent', EMBEDDED_CORE_FILE: ':memory:', MAX_EVENT_LOOP_DELAY: '0' })
  const app = createServer(config)
  t.teardown(() => app.close())
  const address = await app.listen({ host: '127.0.0.1', port: 0 })
  const lines = linesOf('Walk through it').replace('http://localhost:3000', address)
  t.notMatch(lines, /^\s*#/m, 'no comments, which zsh does not take at its prompt')

  for (const [index, [shell, options]] of Object.entries(SHELLS).entries()) {
    const skip = spawnSync(shell, ['-c', ':']).error !== undefined && `${shell} is not installed`
    t.test(`typed into ${shell}`, { skip }, async (t) => {
      const phoneNumber = `+1212555012${index}`
      const typing = run(shell, options, { cwd: t.testdir() })
      typing.child.stdin!.end(lines.replaceAll('alice@', `${shell}@`).replaceAll('+12125550123', phoneNumber))
      const { stdout, stderr } = await typing
      t.equal(stderr, '')
      const [signUp, ...answers] = stdout.trim().split('\n').map((line) => JSON.parse(line))
      t.match(signUp, { status: 'OK', user: { emails: [`${shell}@example.com`] } })
      const refused = { message: 'invalid claim', claimValidationErrors: [{ id: '2fa-completed' }] }
      const info = { sessionHandle: String, accessTokenPayload: { '2fa-completed': { v: true }, phoneNumber } }
      t.match(answers, [refused, { status: 'OK' }, info, { status: 'OK', user: { id: signUp.user.id } }, refused, { status: 'OK' }, info])
      t.equal(answers.length, 7)
    })
  }
})

t.test('the settings in the table exist, with these defaults', async (t) => {
  const rows = [...readme.matchAll(/^\| `([A-Z_]+)` \| (.*?) \|/gm)]
  t.ok(rows.length > 5)
  for (const [, name = '', fallback] of rows) {
    const known = names.find((candidate) => candidate === name)
    t.ok(known, `${name} is a setting`)
    const { default: value, defaultInWords } = setting(known!)
    if (value !== undefined) t.equal(fallback, `\`${value}\``, name)
    else if (defaultInWords === undefined) t.match(fallback, /^(none|the embedded Core)$/, name)
  }
})

t.test('every page that is linked exists', async (t) => {
  for (const [, path = ''] of readme.matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
    await t.resolves(readFile(pathTo(path)), path)
  }
})
