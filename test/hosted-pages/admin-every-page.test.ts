import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { deAdmin } from '../../src/language/admin/de.js'
import { esAdmin } from '../../src/language/admin/es.js'
import { frAdmin } from '../../src/language/admin/fr.js'
import { jaAdmin } from '../../src/language/admin/ja.js'
import { ptAdmin } from '../../src/language/admin/pt.js'
import { advance } from '../../src/testing/index.js'
import { administrator, confirm, PAGE_ROLES } from './administrators.js'
import { assertInLanguage, assertReadable } from './readable.js'
import { securityApp } from './security.js'
import type { Shown } from './visit.js'

const folder = mkdtempSync(join(tmpdir(), 'fastify-2fa-'))
t.teardown(() => { rmSync(folder, { recursive: true }) })
const app = await securityApp({ admin: { page: PAGE_ROLES }, audit: { file: { path: join(folder, 'audit.log') } }, accountRecovery: true, secondFactors: ['sms', 'totp'] })

const ADMIN = { de: deAdmin, fr: frAdmin, es: esAdmin, pt: ptAdmin, ja: jaAdmin }
/** What the API and the command say in English. */
const REFUSALS = [
  'Please search for one address or number at a time.', 'There is no such second factor.', 'Nothing of this kind is set up.', 'There is no such session any more.', 'There is no recovery under way.',
  'This is no account, but the phone or the address of one.'
] as const

/** Visits every page, also with something wrong on it. */
async function visitAll (language: string, role: 'support' | 'admin'): Promise<Shown[]> {
  const pages: Shown[] = []
  const { person: somebody, account, userId } = await administrator(app, undefined, { language, headers: { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0' } })
  const boss = await administrator(app, role, { language })
  const { person } = boss
  const open = async (path: string) => { pages.push(await person.open(`/auth/admin${path}`)) }
  const send = async (path: string, form: Record<string, string> = {}) => { pages.push(await person.post(`/auth/admin${path}`, form)) }

  await open('')
  await send('', { search: 'nobody@example.com' })
  await send('', { search: role === 'admin' ? 'person' : account.login })
  await open(`/person?id=${userId}`)
  const links = person.shown.document.querySelectorAll('main a').map((link) => link.getAttribute('href')!).filter((link) => link.includes('?id='))
  for (const link of links) pages.push(await person.open(link))
  // Refusals of operations.
  const phoneUserId = String((await app.twoFactor.operations.core.metadata(userId)).passwordlessUserId)
  await send('', { search: 'a@example.com;b@example.com' })
  for (const item of ['nonsense', 'totp']) await send('/reset-factor', { id: userId, item, reason: 'x' })
  await send('/end-session', { id: userId, item: 'gone', reason: 'x' })
  await send('/stop-recovery', { id: userId, reason: 'x' })
  await open(`/person?id=${phoneUserId}`)
  for (const act of ['reset-factor', 'delete', 'unlock']) await send(`/${act}`, { id: userId, item: 'sms', reason: role === 'admin' && act !== 'unlock' ? '' : 'x' })
  await send('/start-recovery', { id: userId, reason: 'x' })
  await send('/force-password-change', { id: userId, reason: 'x' })
  await open(`/person?id=${userId}`)
  await open(`/person?id=${boss.userId}`)
  await open('/person?id=nobody')
  await send('/end-sessions', { id: boss.userId, reason: 'x' })
  await send('/audit', { type: 'second-factor.passed' })
  await open(`/audit?userId=${userId}`)
  await open('/audit?userId=nobody')
  await send('/audit', { type: 'code', result: 'warning', since: 'x' })
  await send('/audit', { from: 'x' })
  await somebody.open('/auth/admin')
  pages.push(somebody.shown)
  return pages
}

t.test('every page is in the administrator\'s language as a whole', async (t) => {
  for (const language of ['de', 'fr', 'es', 'pt', 'ja'] as const) {
    const pages = await visitAll(language, language === 'de' ? 'support' : 'admin')
    for (const page of pages) assertInLanguage(t, page, language)
    const refused = pages.map(({ text }) => text).join()
    for (const sentence of REFUSALS) t.ok(refused.includes(ADMIN[language][sentence]), `${language}: ${sentence}`)
  }
})

t.test('screen readers and keyboards find what they need', async (t) => {
  for (const page of [...await visitAll('en', 'support'), ...await visitAll('en', 'admin')]) {
    assertReadable(t, page)
    const names = page.document.querySelectorAll('main a, main button').map((one) => one.getAttribute('aria-label') ?? one.text.trim())
    t.same(names.filter((name, index) => names.indexOf(name) !== index), [], `${page.url}: no two links or buttons have the same name`)
    for (const one of page.document.querySelectorAll('[aria-label]')) t.match(one.getAttribute('aria-label')!.toLowerCase(), one.text.trim().toLowerCase(), `${page.url}: a name has what is seen in it (WCAG 2.5.3)`)
  }
})

t.test('there is a next page, and a second factor is asked for where it is missed', async (t) => {
  for (let i = 0; i < 21; i++) await app.inject({ method: 'POST', url: '/auth/signup', payload: { formFields: [{ id: 'email', value: `many${i}@example.com` }, { id: 'password', value: 'correct horse 1' }] } })
  const boss = await administrator(app, 'admin')
  const { person } = boss
  await person.open('/auth/admin')
  t.match(person.shown.text, 'many20@example.com')
  t.notMatch(person.shown.text, 'many0@example.com')
  advance('16m')
  await person.follow('More people')
  t.equal(person.shown.title, 'Second factor')
  await confirm(app, boss)
  t.equal(person.shown.title, 'Administration')
  await person.follow('More people')
  t.match(person.shown.text, 'many0@example.com')
  await person.press('Search', { search: 'many' })
  t.match(person.shown.text, 'Not all are shown.')
})
