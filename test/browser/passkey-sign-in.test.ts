import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { freePort } from '../free-port.js'
import { writeFiles, type Edit } from './harness/docs-code.js'
import { openTab, serveFiles } from './harness/docs-site.js'
import { startStage } from './harness/stage.js'

const port = await freePort()
const site = `http://localhost:${port}`
const stage = await startStage(t, { secondFactors: ['sms', 'passkey'], passkeySignIn: true, factorKeys: ['a key of this test, and of no other'], appInfo: { websiteDomains: [site] } })

const PAGE = `<!doctype html><meta charset="utf-8"><title>Passkeys</title><link rel="icon" href="data:,"><input autocomplete="username webauthn"><script type="module">
import { api } from './auth.js'
import * as passkeys from './passkeys.js'
import * as signIn from './passkey-sign-in.js'
globalThis.flow = { api, ...passkeys, ...signIn }
</script>`

const address: Edit = (code) => code.replaceAll('http://localhost:3000', stage.api)
const folders = { wrapper: await writeFiles(t, 'frontend/without-sdk', address), passkeys: await writeFiles(t, 'second-factor/passkey', address) }
await serveFiles(t, port, async (path) => {
  if (path === '/') return PAGE
  const folder = { '/auth.js': folders.wrapper, '/passkeys.js': folders.passkeys, '/passkey-sign-in.js': folders.passkeys }[path]
  return folder === undefined ? undefined : await readFile(join(folder, path), 'utf8')
})

const PLATFORM = { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } as const

/** A page of the docs with an account that has a passkey, signed out. */
async function withPasskey (t: Test) {
  const page = await openTab(t, site, ['403 /sessioninfo', '401 /sessioninfo'])
  await page.waitForFunction('globalThis.flow !== undefined')
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', { options: PLATFORM })
  const body = JSON.stringify({ formFields: [{ id: 'email', value: `alone-${port}-${++people}@example.com` }, { id: 'password', value: 'correct horse 1' }] })
  await page.evaluate(`flow.api('/auth/signup', { method: 'POST', body: ${JSON.stringify(body)} })`)
  t.match(await run(page, "addPasskey('Mine')"), { status: 'OK' })
  await page.evaluate("flow.api('/auth/signout', { method: 'POST' })")
  t.equal(await status(page), 401)
  return { page, cdp, authenticatorId }
}

let people = 0
const run = <Result = { status: string }>(page: Page, call: string): Promise<Result> => page.evaluate(`flow.${call}`)
const status = (page: Page): Promise<number> => page.evaluate("flow.api('/sessioninfo').then(({ status }) => status)")

t.test('a passkey signs in alone, in a window of the browser', async (t) => {
  const { page, cdp, authenticatorId } = await withPasskey(t)
  const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId })
  t.match(credentials, [{ isResidentCredential: true }])
  t.same(await run(page, 'signInWithPasskey()'), { status: 'OK' })
  t.equal(await status(page), 200)
})

t.test('the browser offers it in a field, as the page opens', async (t) => {
  const { page } = await withPasskey(t)
  t.equal(await run(page, 'canOffer()'), true)
  t.same(await run(page, "signInWithPasskey({ mediation: 'conditional' })"), { status: 'OK' })
  t.equal(await status(page), 200)
})

t.test('whoever is not recognised by the device gets nothing, and whoever has removed the passkey is told so', async (t) => {
  const { page, cdp, authenticatorId } = await withPasskey(t)
  await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false })
  t.equal(await run(page, 'signInWithPasskey()'), null)
  await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: true })
  const { credentials: [held] } = await cdp.send('WebAuthn.getCredentials', { authenticatorId })
  t.same(await run(page, 'signInWithPasskey()'), { status: 'OK' })
  await cdp.send('WebAuthn.clearCredentials', { authenticatorId })
  t.match(await run(page, "addPasskey('Other')"), { status: 'OK' })
  const [first] = (await run<{ id: string, name: string }[]>(page, 'listPasskeys()')).filter(({ name }) => name === 'Mine')
  t.same(await run(page, `removePasskey('${first?.id}')`), { status: 'OK' })
  await cdp.send('WebAuthn.clearCredentials', { authenticatorId })
  await cdp.send('WebAuthn.addCredential', { authenticatorId, credential: { ...held!, rpId: 'localhost' } })
  await page.evaluate("flow.api('/auth/signout', { method: 'POST' })")
  t.same(await run(page, 'signInWithPasskey()'), { status: 'INVALID_CREDENTIALS_ERROR' })
  t.equal(await status(page), 401)
})
