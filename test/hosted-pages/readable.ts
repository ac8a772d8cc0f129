import type { Test } from 'tap'
import { PAGES } from '../../src/language/page-sentences.js'
import type { Shown } from './visit.js'

// What is a word of other languages, too, or is in no page of this test.
const ENGLISH = (PAGES as readonly string[]).filter((sentence) => sentence.includes(' ') && !sentence.includes('{'))

/** A page that is in one language as a whole. */
export function assertInLanguage (t: Test, { document, text, url, status, headers }: Shown, language: string): void {
  t.ok(status < 500, `${url} ${status}`)
  t.equal(document.querySelector('html')!.getAttribute('lang'), language, url)
  t.match(headers, { 'content-language': language, vary: 'accept-language, cookie' }, url)
  t.same(ENGLISH.filter((sentence) => text.includes(sentence)), [], `${language} ${url}`)
  t.notMatch(text, /\{\w+\}|undefined|\[object/, url)
  t.notMatch(text, /\b(?:Please|your|the|with)\b/, `${language} ${url}`)
}

/** What screen readers and keyboards need of a page. */
export function assertReadable (t: Test, { document, url }: Shown): void {
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
