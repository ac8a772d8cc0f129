import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CDPSession, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { freePort } from '../free-port.js'
import { writeFiles, type Edit } from './harness/docs-code.js'
import { openTab, serveFiles } from './harness/docs-site.js'
import { startStage } from './harness/stage.js'

const port = await freePort()
const site = `http://localhost:${port}`
const stage = await startStage(t, { secondFactors: ['sms', 'passkey'], appInfo: { websiteDomains: [site] } })

const PAGE = `<!doctype html><meta charset="utf-8"><title>Passkeys</title><link rel="icon" href="data:,"><script type="module">
import { api } from './auth.js'
import * as passkeys from './passkeys.js'
globalThis.flow = { api, ...passkeys }
</script>`

const address: Edit = (code) => code.replaceAll('http://localhost:3000', stage.api)
const folders = { wrapper: await writeFiles(t, 'frontend/without-sdk', address), passkeys: await writeFiles(t, 'second-factor/passkey', address) }
await serveFiles(t, port, async (path) => {
  if (path === '/') return PAGE
  const folder = { '/auth.js': folders.wrapper, '/passkeys.js': folders.passkeys }[path]
  return folder === undefined ? undefined : await readFile(join(folder, path), 'utf8')
})

const PLATFORM = { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } as const
const SECURITY_KEY = { protocol: 'u2f', transport: 'usb', hasResidentKey: false, hasUserVerification: false, automaticPresenceSimulation: true } as const

/** A page of the docs, in a browser with an authenticator. */
async function open (t: Test, authenticator: typeof PLATFORM | typeof SECURITY_KEY) {
  const page = await openTab(t, site, ['403 /sessioninfo', '401 /sessioninfo'])
  await page.waitForFunction('globalThis.flow !== undefined')
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', { options: authenticator })
  return { page, cdp, authenticatorId }
}

interface Answer { status: string, message?: string, id?: string, passkeys?: { id: string, name?: string, lastUsedAt?: number }[] }

const run = <Result = Answer>(page: Page, call: string): Promise<Result> => page.evaluate(`flow.${call}`)
const status = (page: Page): Promise<number> => page.evaluate("flow.api('/sessioninfo').then(({ status }) => status)")

let people = 0
async function enter (page: Page, path: 'signup' | 'signin', email = `passkey-${++people}@example.com`): Promise<string> {
  const body = JSON.stringify({ formFields: [{ id: 'email', value: email }, { id: 'password', value: 'correct horse 1' }] })
  await page.evaluate(`flow.api('/auth/${path}', { method: 'POST', body: ${JSON.stringify(body)} })`)
  return email
}

async function held (cdp: CDPSession, authenticatorId: string) {
  return (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials
}

for (const [what, authenticator] of Object.entries({ 'a passkey of the device': PLATFORM, 'a security key without a PIN': SECURITY_KEY })) {
  t.test(`${what}: added, used at the next sign-in, renamed`, async (t) => {
    const { page, cdp, authenticatorId } = await open(t, authenticator)
    const email = await enter(page, 'signup')
    t.equal(await status(page), 403)
    t.match(await run(page, "addPasskey('Mine')"), { status: 'OK', id: String })
    t.equal(await status(page), 200)
    t.equal((await held(cdp, authenticatorId)).length, 1)

    await page.evaluate("flow.api('/auth/signout', { method: 'POST' })")
    await enter(page, 'signin', email)
    t.equal(await status(page), 403)
    t.same(await run(page, 'usePasskey()'), { status: 'OK' })
    t.equal(await status(page), 200)
    const [listed] = await run<NonNullable<Answer['passkeys']>>(page, 'listPasskeys()')
    t.match(listed, { name: 'Mine', createdAt: Number, lastUsedAt: Number })
    t.same(await run(page, `renamePasskey('${listed?.id}', 'Desk')`), { status: 'OK' })
    t.match(await run(page, 'listPasskeys()'), [{ name: 'Desk' }])
    t.match(await run(page, `removePasskey('${listed?.id}')`), { status: 'GENERAL_ERROR', message: /only second factor/ })
  })
}

t.test('one authenticator is added once, and the browser says so', async (t) => {
  const { page } = await open(t, PLATFORM)
  await enter(page, 'signup')
  await run(page, 'addPasskey()')
  await t.rejects(run(page, 'addPasskey()'), /InvalidStateError|already registered/)
})

t.test('a copy of a key, whose counter stands still, does not get in', async (t) => {
  const { page, cdp, authenticatorId } = await open(t, SECURITY_KEY)
  const email = await enter(page, 'signup')
  await run(page, 'addPasskey()')
  const [copy] = await held(cdp, authenticatorId)
  t.same(await run(page, 'usePasskey()'), { status: 'OK' })
  t.same(await run(page, 'usePasskey()'), { status: 'OK' })
  await cdp.send('WebAuthn.removeCredential', { authenticatorId, credentialId: copy!.credentialId })
  await cdp.send('WebAuthn.addCredential', { authenticatorId, credential: { ...copy!, rpId: 'localhost' } })
  await enter(page, 'signin', email)
  t.same(await run(page, 'usePasskey()'), { status: 'INVALID_CREDENTIALS_ERROR' })
  t.equal(await status(page), 403)
})

t.test('whoever is not recognised is told nothing and may try again', async (t) => {
  const { page, cdp, authenticatorId } = await open(t, PLATFORM)
  const email = await enter(page, 'signup')
  await run(page, 'addPasskey()')
  await enter(page, 'signin', email)
  await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false })
  t.equal(await run(page, 'usePasskey()'), null)
  await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: true })
  t.same(await run(page, 'usePasskey()'), { status: 'OK' })
})

t.test('a page of another site gets nothing out of the browser', async (t) => {
  const { page, cdp } = await open(t, PLATFORM)
  await enter(page, 'signup')
  await run(page, 'addPasskey()')
  await enter(page, 'signin', `passkey-${people}@example.com`)
  const { options } = await page.evaluate<{ options: object }>("flow.api('/auth/passkey/verify/options', { method: 'POST', body: '{}' }).then((response) => response.json())")
  // The phisher has relayed the challenge.
  await page.goto(`http://127.0.0.1:${port}/auth.js`)
  await cdp.send('WebAuthn.enable')
  const phished = page.evaluate((options) => navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options as never) }), options)
  await t.rejects(phished, /SecurityError/)
})
