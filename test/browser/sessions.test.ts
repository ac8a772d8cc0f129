import type { Page } from 'playwright-core'
import t from 'tap'
import { advance, newPhoneNumber } from '../../src/testing/index.js'
import { freePort } from '../free-port.js'
import { bundle, writeFiles } from './harness/docs-code.js'
import { openTab, serveFiles } from './harness/docs-site.js'
import { startStage } from './harness/stage.js'

const PORT = await freePort()
const SITE = `http://localhost:${PORT}`
const stage = await startStage(t, { knownBrowsers: true, appInfo: { websiteDomains: [SITE] }, limits: { sends: { cooldown: 0 } } })

const PAGE = (transferMethod: string): string => `
  import SuperTokens from 'supertokens-web-js'
  import EmailPassword from 'supertokens-web-js/recipe/emailpassword'
  import Session from 'supertokens-web-js/recipe/session'
  import * as knownBrowser from './known-browser.js'

  SuperTokens.init({
    appInfo: { appName: 'Shop', apiDomain: '${stage.api}', apiBasePath: '/auth' },
    recipeList: [EmailPassword.init(), Session.init({ tokenTransferMethod: '${transferMethod}' })]
  })
  window.page = { EmailPassword, Session, ...knownBrowser, api: '${stage.api}' }
`

/** What {@link PAGE} leaves for the tests. */
interface OnPage {
  page: {
    EmailPassword: { signIn (input: object): Promise<{ user: { id: string } }>, signUp (input: object): Promise<{ user: { id: string } }> }
    Session: { getAccessTokenPayloadSecurely (): Promise<Record<string, unknown>>, doesSessionExist (): Promise<boolean>, signOut (): Promise<void> }
    remember (userId: string): Promise<boolean>
    prove (userId: string): Promise<boolean>
    api: string
  }
}

const bundles: Record<string, string> = {}
const folder = await writeFiles(t, 'known-browsers', (code) => code.replaceAll('http://localhost:3000', stage.api))
for (const method of ['cookie', 'header']) bundles[`/${method}.js`] = await bundle(folder, PAGE(method))
await serveFiles(t, PORT, async (path) => bundles[path] ?? (path === '/favicon.ico' ? '' : `<!doctype html><meta charset="utf-8"><title>Page</title><link rel="icon" href="data:,"><script src="${path}.js"></script>`))

async function sign (page: Page, act: 'signIn' | 'signUp', email: string): Promise<string> {
  return await page.evaluate(async ([act, email]) => {
    const { EmailPassword } = (globalThis as unknown as OnPage).page
    const { user } = await EmailPassword[act]({ formFields: [{ id: 'email', value: email }, { id: 'password', value: 'correct horse 1' }] })
    return user.id
  }, [act, email] as const)
}

const post = (page: Page, path: string, body: object): Promise<Record<string, string>> => page.evaluate(async ([path, body]) => {
  const { api } = (globalThis as unknown as OnPage).page
  const response = await fetch(`${api}/auth${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, credentials: 'include', body: JSON.stringify(body) })
  return await response.json() as Record<string, string>
}, [path, body] as const)

/** Asks for a code, and gives what answers it. */
async function codeFor (page: Page, phoneNumber: string): Promise<object> {
  const { deviceId, preAuthSessionId } = await post(page, '/signinup/code', { phoneNumber })
  return { deviceId, preAuthSessionId, userInputCode: (await stage.newest(phoneNumber)).code }
}

const ALLOW = ['401 /examples/session', '401 /auth/signinup/code/consume', '401 /sessioninfo', '409 /auth/session/refresh', '403 /sessioninfo']

for (const method of ['cookie', 'header'] as const) {
  t.test(`a page with many requests on their way notices nothing of the new session, with a ${method} session`, async (t) => {
    const page = await openTab(t, `${SITE}/${method}`, ALLOW)
    const phoneNumber = newPhoneNumber()
    await sign(page, 'signUp', `busy-${method}@example.com`)
    for (let round = 0; round < 3; round++) {
      const answer = await codeFor(page, phoneNumber)
      const statuses = await page.evaluate(async (answer) => {
        const { api } = (globalThis as unknown as OnPage).page
        const get = async () => (await fetch(`${api}/examples/session`, { credentials: 'include' })).status
        const consume = async () => {
          const response = await fetch(`${api}/auth/signinup/code/consume`, { method: 'POST', headers: { 'content-type': 'application/json' }, credentials: 'include', body: JSON.stringify(answer) })
          return (await response.json() as { status: string }).status
        }
        // Some before, some while it is answered, the answer itself twice, some right after.
        const before = Array.from({ length: 8 }, get)
        const answers = [consume(), consume()]
        const during: Array<Promise<number>> = []
        for (let i = 0; i < 20; i++) {
          during.push(get())
          await new Promise((resolve) => { requestAnimationFrame(resolve) })
        }
        return { gets: await Promise.all([...before, ...during]), answers: await Promise.all(answers) }
      }, answer)
      t.strictSame([...new Set(statuses.gets)], [200], 'every request is answered in the end')
      t.ok(statuses.answers.includes('OK'), String(statuses.answers))
      t.ok(await page.evaluate(() => (globalThis as unknown as OnPage).page.Session.doesSessionExist()))
      t.equal(await page.evaluate(async () => (await fetch(`${(globalThis as unknown as OnPage).page.api}/sessioninfo`, { credentials: 'include' })).status), 200)
    }
    advance('2h')
    t.equal(await page.evaluate(async () => (await fetch(`${(globalThis as unknown as OnPage).page.api}/sessioninfo`, { credentials: 'include' })).status), 200, 'and refreshes')
  })

  t.test(`the recipe of docs/known-browsers.md, with a ${method} session`, async (t) => {
    const page = await openTab(t, `${SITE}/${method}`, ALLOW)
    const [phoneNumber, email] = [newPhoneNumber(), `known-${method}@example.com`]
    const userId = await sign(page, 'signUp', email)
    const call = (name: 'prove' | 'remember'): Promise<boolean> =>
      page.evaluate(async ([name, userId]) => await (globalThis as unknown as OnPage).page[name](userId), [name, userId] as const)
    const acr = (): Promise<unknown> => page.evaluate(async () => (await (globalThis as unknown as OnPage).page.Session.getAccessTokenPayloadSecurely()).acr)
    t.equal(await call('prove'), false, 'it is not known yet')
    t.equal((await post(page, '/signinup/code/consume', await codeFor(page, phoneNumber))).status, 'OK')
    t.equal(await call('remember'), true)

    await page.evaluate(async () => { await (globalThis as unknown as OnPage).page.Session.signOut() })
    await page.reload()
    await sign(page, 'signIn', email)
    t.equal(await acr(), undefined)
    t.equal(await call('prove'), true)
    t.equal(await acr(), 'urn:fastify-2fa:known-browser')
    t.match(await page.evaluate(async (userId) => {
      const opening = indexedDB.open('known-browser', 1)
      await new Promise((resolve) => { opening.onsuccess = resolve })
      const getting = opening.result.transaction('keys').objectStore('keys').get(userId)
      await new Promise((resolve) => { getting.onsuccess = resolve })
      return await crypto.subtle.exportKey('jwk', (getting.result as { privateKey: CryptoKey }).privateKey).then(() => 'copied', String)
    }, userId), /not extractable/, 'no script reads the key')
    advance('31d')
    await sign(page, 'signIn', email)
    t.equal(await call('prove'), false)
  })
}
