import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { environment } from '../../src/commands/environment.js'
import { run } from '../../src/commands/run.js'
import { names, setting } from '../../src/config/settings.js'

const SECRET = 'correct-horse-battery-staple-0123456789'

/** A directory with these files, as secrets are mounted. */
function mounted (t: Test, files: Record<string, string>) {
  const cwd = t.testdir(files)
  return { cwd, at: (name: string) => join(cwd, name) }
}

async function output (cwd: string, env: Record<string, string>): Promise<{ code: number, err: string, out: string }> {
  const texts = { out: '', err: '' }
  const code = await run(['config', 'check'], { env, cwd, out: (text) => { texts.out += text }, err: (text) => { texts.err += text } })
  return { code, ...texts }
}

t.test('every secret setting can be in a file, without its last line break', async (t) => {
  const secrets = names.filter((name) => setting(name).secret === true)
  t.ok(secrets.length > 10)
  const { cwd, at } = mounted(t, Object.fromEntries(secrets.map((name) => [name, `${SECRET}-${name}\n`])))
  const env = environment({ cwd, env: Object.fromEntries(secrets.map((name) => [`${name}_FILE`, at(name)])), out () {}, err () {} })
  for (const name of secrets) {
    t.equal(env[name], `${SECRET}-${name}`, name)
    t.equal(env[`${name}_FILE`], undefined)
  }
})

t.test('.env may name the file, spaces and inner line breaks stay, and Windows\' line ends go', async (t) => {
  const { cwd } = mounted(t, { password: ' two\nlines \r\n', '.env': 'SMTP_PASSWORD_FILE=password' })
  const before = process.cwd()
  process.chdir(cwd)
  t.teardown(() => { process.chdir(before) })
  t.equal(environment({ cwd, env: {}, out () {}, err () {} }).SMTP_PASSWORD, ' two\nlines ')
})

t.test('a setting named _FILE itself is none of these, and an empty variable is as good as unset', async (t) => {
  const { cwd } = mounted(t, {})
  const env = environment({ cwd, env: { EMBEDDED_CORE_FILE: '/data/core.sqlite', SMTP_PASSWORD_FILE: '', SMTP_PASSWORD: SECRET }, out () {}, err () {} })
  t.match(env, { EMBEDDED_CORE_FILE: '/data/core.sqlite', SMTP_PASSWORD: SECRET })
})

t.test('what cannot be used stops the start, all of it at once, and nothing of a secret is shown', async (t) => {
  const { cwd, at } = mounted(t, { empty: '\n', large: SECRET.repeat(3000), key: SECRET })
  mkdirSync(at('directory'))
  const { code, err, out } = await output(cwd, {
    SMTP_PASSWORD_FILE: at('none'),
    REDIS_URL_FILE: at('empty'),
    CORE_SECRET_KEY_FILE: at('large'),
    SUPERTOKENS_API_KEY_FILE: at('directory'),
    TWILIO_AUTH_TOKEN_FILE: at('key'),
    TWILIO_AUTH_TOKEN: SECRET,
    PORT_FILE: at('key')
  })
  t.equal(code, 1)
  for (const line of [
    'SMTP_PASSWORD_FILE: the file cannot be read (ENOENT). Check the path, and that the service may read it.',
    'REDIS_URL_FILE: the file is empty.',
    'CORE_SECRET_KEY_FILE: the file is larger than 65536 bytes.',
    'SUPERTOKENS_API_KEY_FILE: this is no file.',
    'TWILIO_AUTH_TOKEN_FILE: TWILIO_AUTH_TOKEN is set too. Set one of the two.',
    'PORT_FILE: only secrets are read from files. Set PORT itself.'
  ]) t.match(err, line)
  t.notMatch(err + out, SECRET)
})

t.test('an invalid secret in a file is named and not shown, like any other', async (t) => {
  const { cwd, at } = mounted(t, { key: 'two words' })
  writeFileSync(at('short'), 'short')
  const { code, err } = await output(cwd, { SUPERTOKENS_API_KEY_FILE: at('key'), CORE_SECRET_KEY_FILE: at('short') })
  t.equal(code, 1)
  t.match(err, /SUPERTOKENS_API_KEY: expected .* got 9 characters \(not shown\)/)
  t.match(err, /CORE_SECRET_KEY: expected .* got 5 characters \(not shown\)/)
  t.notMatch(err, /two words|got short/)
})

t.test('a misspelt name leaves nothing off in silence', async (t) => {
  const { cwd, at } = mounted(t, { secret: SECRET })
  const wrong = { LEAKED_PASSWORD_URL_FILE: 'LEAKED_PASSWORDS_URL', SERVICE_CLIENT_FILE: 'SERVICE_CLIENTS', FORWARD_AUTH_PROXY_SECRETS_FILE: 'FORWARD_AUTH_PROXY_SECRET', factor_key_file: 'FACTOR_KEY' }
  const { code, err } = await output(cwd, Object.fromEntries(Object.keys(wrong).map((variable) => [variable, at('secret')])))
  t.equal(code, 1)
  for (const [variable, name] of Object.entries(wrong)) t.match(err, `${variable}: this setting does not exist. Did you mean ${name}_FILE?`)
  const others = { POSTGRES_PASSWORD_FILE: at('secret'), SSL_CERT_FILE: at('secret'), LOG_FILE: at('secret'), SERVICE_CLIENT_FILE: '' }
  t.equal((await output(cwd, others)).code, 0, 'those of other programs are theirs')
})
