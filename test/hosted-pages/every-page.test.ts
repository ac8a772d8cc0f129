import { readFileSync } from 'node:fs'
import t from 'tap'
import { contrastOf, READABLE } from '../../src/hosted-pages/contrast.js'
import { PAGES } from '../../src/language/page-sentences.js'
import { resetClock } from '../../src/testing/index.js'
import { pathTo } from '../root.js'
import { buildPages } from './visit.js'
import { visitAll } from './visit-all.js'

t.teardown(resetClock)
const app = await buildPages(t, {
  emailVerification: 'required',
  secondFactors: ['sms', 'email', 'totp', 'passkey'],
  oneMailboxForBothFactors: true,
  emailFactorFlow: 'both',
  accountRecovery: true,
  factorKeys: ['f'.repeat(32)],
  thirdPartyProviders: [{ config: { thirdPartyId: 'github', clients: [{ clientId: 'a', clientSecret: 'b' }] } }]
})

// What is a word of other languages, too, or is in no page of this test.
const ENGLISH = (PAGES as readonly string[]).filter((sentence) => sentence.includes(' ') && !sentence.includes('{'))

for (const language of ['de', 'fr', 'es', 'pt', 'ja']) {
  t.test(`every page is in the person's language as a whole: ${language}`, async (t) => {
    for (const { document, text, url, status, headers } of await visitAll(app, language)) {
      t.ok(status < 500, `${url} ${status}`)
      t.equal(document.querySelector('html')!.getAttribute('lang'), language, url)
      t.match(headers, { 'content-language': language, vary: 'accept-language, cookie' }, url)
      t.same(ENGLISH.filter((sentence) => text.includes(sentence)), [], url)
      t.notMatch(text, /\{\w+\}|undefined|\[object/, url)
      t.notMatch(text, /\b(?:Please|your|the|with)\b/, url)
    }
  })
}

t.test('screen readers and keyboards find what they need', async (t) => {
  const pages = await visitAll(app, 'en')
  t.same([...new Set(pages.map(({ title }) => title))].sort(), [
    'Choose a new password', 'Confirm your address', 'Create an account', 'One moment', 'Recover your account', 'Second step', 'Set up the app', 'Sign in', 'This did not work', 'You are signed in', 'Your recovery codes'
  ], 'all pages are here')
  for (const { document, url } of pages) {
    t.equal(document.querySelectorAll('h1').length, 1, url)
    t.equal(document.querySelectorAll('main').length, 1, url)
    t.ok(document.querySelector('title')!.text.length > 3, url)
    t.match(document.querySelector('meta[name=viewport]')!.getAttribute('content'), /width=device-width/)
    const ids = document.querySelectorAll('[id]').map((one) => one.id)
    t.equal(new Set(ids).size, ids.length, `${url}: ids are unique`)
    for (const input of document.querySelectorAll('input:not([type=hidden])')) {
      t.ok(document.querySelector(`label[for="${input.id}"]`)?.text, `${url}: ${input.id} has a label`)
      t.ok(input.getAttribute('autocomplete'), `${url}: ${input.id} says what it is for`)
      for (const id of input.getAttribute('aria-describedby')?.split(' ') ?? []) t.ok(document.querySelector(`#${id}`)?.text, `${url}: ${id} is there`)
      if (input.getAttribute('aria-invalid') !== undefined) t.ok(input.getAttribute('aria-describedby'), `${url}: ${input.id} says what is wrong`)
    }
    for (const image of document.querySelectorAll('img')) t.ok(image.getAttribute('alt'), url)
    for (const button of document.querySelectorAll('button, a')) t.ok(button.text.trim(), url)
    t.ok(document.querySelectorAll('[autofocus]').length <= 1, url)
    if (document.querySelector('p.alert:not([hidden])') !== null) t.match(document.querySelector('title')!.text, /^This did not work: /, `${url}: what went wrong comes first`)
  }
})

t.test('colours can be read, light and dark', async (t) => {
  t.same([contrastOf('#000', '#ffffff'), contrastOf('#fff', '#fff'), Math.round(contrastOf('#767676', '#fff') * 100)], [21, 1, 454])
  const sheet = readFileSync(pathTo('src/hosted-pages/assets/style.css'), 'utf8')
  const variables = (text: string): Map<string, string> => new Map([...text.matchAll(/(--[a-z-]+): (#[0-9a-f]+|var\((--[a-z-]+)\))/g)].map(([, name = '', value = '', other]) => [name, other ?? value]))
  const [light, darkOnly] = [variables(sheet.split('@media')[0]!), variables(/prefers-color-scheme: dark\) \{([^}]*)\}/.exec(sheet)![1]!)]
  for (const [name, scheme] of Object.entries({ light, dark: new Map([...light, ...darkOnly]) })) {
    const colour = (variable: string): string => { const value = scheme.get(variable)!; return value.startsWith('--') ? colour(value) : value }
    for (const [text, back] of [
      ['--text', '--surface'], ['--text', '--background'], ['--muted', '--surface'], ['--accent', '--surface'], ['--on-accent', '--accent'], ['--danger', '--surface'], ['--on-danger', '--danger']
    ] as const) {
      const ratio = contrastOf(colour(text), colour(back))
      t.ok(ratio >= READABLE, `${name}: ${text} on ${back} is ${ratio.toFixed(1)}`)
    }
    t.ok(contrastOf(colour('--border'), colour('--surface')) >= 3, `${name}: the edges of fields`)
  }
})
