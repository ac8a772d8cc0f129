import type { FastifyRequest } from 'fastify'
import t from 'tap'
import { preferredLanguage } from '../../src/language/accept.js'
import { createLanguages, type Messages } from '../../src/language/languages.js'
import { resolveOptions } from '../../src/options/resolve.js'

const asking = (header: string | undefined) => ({ headers: { ...(header !== undefined && { 'accept-language': header }) } }) as FastifyRequest

const speaker = (header: string | undefined, messages: Messages = {}, defaultLanguage = 'en') =>
  createLanguages({ defaultLanguage, messages }).of(asking(header))

const CODES = 'Too many wrong codes.'

t.test('the language that the client wants most is found', async (t) => {
  const cases: [header: string | undefined, language: string][] = [
    [undefined, 'en'], ['', 'en'], ['de', 'de'], ['DE', 'de'], ['de-CH', 'de'], ['de-CH, fr;q=0.9', 'de'], ['fr;q=0.5, ja;q=0.8', 'ja'],
    ['nl, es;q=0.1', 'es'], ['nl', 'en'], ['*', 'en'], ['*, pt;q=0.5', 'pt'], ['de;q=0, fr;q=0.1', 'fr'], ['de;q=0', 'en'],
    ['zh-Hant-TW, pt-PT', 'pt'], ['en-US,en;q=0.9,de;q=0.8', 'en']
  ]
  for (const [header, language] of cases) t.equal(speaker(header).language, language, String(header))
  t.equal(createLanguages({ defaultLanguage: 'fr', messages: {} }).of(undefined).language, 'fr', 'a message without a request')
  t.equal(speaker('nl', {}, 'de').language, 'de')
})

t.test('no header is too hostile', async (t) => {
  const headers = [
    ',', ';', '-', '--', ';q=1', 'de;q=NaN', 'de;q=Infinity', 'de;q=-1', 'de;q', 'de;;;q=1', '__proto__', 'constructor', 'toString', 'de\u0000', '\uFFFF', '🙂', 'x'.repeat(999),
    'a-'.repeat(499), '*'.repeat(999), '"'.repeat(999), 'de;q="', 'a;'.repeat(400), ' '.repeat(999), 'de,'.repeat(333)
  ]
  for (const header of headers) t.match(speaker(header).language, /^(?:en|de)$/, JSON.stringify(header.slice(0, 20)))
  for (const header of ['de,'.repeat(4000), `${'x'.repeat(10_000)},de`, 'a-'.repeat(5000)]) t.equal(speaker(header).language, 'en', 'a long one is not read')
})

t.test('only ranges of eight subtags are looked up', async (t) => {
  const asked: string[] = []
  preferredLanguage('a-'.repeat(400), { has: (tag) => { asked.push(tag); return false } })
  t.equal(asked.length, 8)
})

t.test('values are put into the other language', async (t) => {
  const texts = (english: string) => ['de', 'fr', 'es', 'pt', 'ja'].map((language) => speaker(language).translate(english)?.text)
  t.strictSame(texts('Too many wrong codes. Try again in 1 minute.'), [
    'Es wurden zu viele falsche Codes eingegeben. Bitte versuchen Sie es in 1 Minute noch einmal.',
    'Trop de codes incorrects ont été saisis. Réessayez dans 1 minute.',
    'Se han introducido demasiados códigos incorrectos. Inténtalo de nuevo dentro de 1 minuto.',
    'Muitos códigos incorretos foram digitados. Tente novamente em 1 minuto.',
    '間違ったコードが何度も入力されました。1 分後にもう一度お試しください。'
  ])
  t.match(texts('Too many codes were sent. Try again in 30 seconds.')[0], /in 30 Sekunden/)
  t.match(texts('Too many codes were sent. Try again in 24 hours.')[0], /in 24 Stunden/)
  t.match(texts('Please enter the 6 digits of the code.')[0], 'die 6 Ziffern')
  t.match(texts('This is too long. Please use at most 256 characters.')[0], 'Das ist zu lang. Bitte verwenden Sie höchstens 256 Zeichen.')
  t.match(texts('body/phoneNumber is too long. Please use at most 256 characters.')[0], 'body/phoneNumber ist zu lang.')
  t.match(texts('Cannot sign in / up due to security reasons. Please contact support. (ERR_CODE_020)')[0], /ERR_CODE_020/)
})

t.test('what is no sentence of ours stays as it is', async (t) => {
  for (const text of ['unauthorised', 'try refresh token', 'A host says this.', 'A host says this. Try again in 5 minutes.', '', 'toString', 'Choose a new password for {appName}']) {
    t.equal(speaker('de').translate(text), undefined, text)
  }
})

t.test('a host adds a language; what it lacks is said in a broader one, at last in English', async (t) => {
  const messages: Messages = { nl: { [CODES]: 'Te veel verkeerde codes.' }, 'pt-PT': { 'Not found': 'Não existe' }, en: { 'Not found': 'Nothing here' } }
  t.strictSame(speaker('nl-BE', messages).translate(CODES), { text: 'Te veel verkeerde codes.', language: 'nl' })
  t.strictSame(speaker('nl', messages).translate('Not found'), { text: 'Nothing here', language: 'en' })
  t.strictSame(speaker('nl', messages).translate(`${CODES} Try again in 5 minutes.`), { text: 'Te veel verkeerde codes. Try again in 5 minutes.', language: 'en' })
  t.strictSame(speaker('pt-pt', messages).translate('Not found'), { text: 'Não existe', language: 'pt-PT' })
  t.match(speaker('pt-PT', messages).translate(CODES), { text: /^Muitos/, language: 'pt' })
  t.match(speaker('pt-BR', messages).translate('Not found'), { text: 'Não encontrado', language: 'pt' })
})

t.test('a host says it in its own words, in any built-in language', async (t) => {
  const messages = { de: { [CODES]: 'Das war nichts.' }, en: { [CODES]: 'Nope.' } } as const
  t.equal(speaker('de', messages).translate(CODES)?.text, 'Das war nichts.')
  t.equal(speaker('en', messages).translate(`${CODES} Try again in 5 minutes.`)?.text, 'Nope. Try again in 5 minutes.')
  t.match(speaker('fr', messages).translate(CODES)?.text, /^Trop/, 'other languages keep their own')
})

t.test('a value is not read as a placeholder', async (t) => {
  t.equal(speaker('de').say('Choose a new password for {appName}', { appName: '{link} $& $1' }), 'Neues Passwort für {link} $& $1 wählen')
})

t.test('mistakes in the options stop the boot, all at once', async (t) => {
  const messages = {
    'not a tag': {}, nl: { 'Not fuond': 'x', 'Not found': '', 'Please enter the {count} digits of the code.': 'Vul de code in.' }, fi: null
  } as unknown as Messages
  t.throws(() => resolveOptions({ messages, defaultLanguage: 'xx' }), {
    code: 'AUTH_OPTIONS_INVALID',
    message: /not a tag must be a language tag.*never says "Not fuond".*"Not found" must have a text.*must have \{count\}.*messages\.fi must be an object.*defaultLanguage must be one of en, de, es, fr, ja, pt/s
  })
  t.throws(() => resolveOptions({ messages: null as unknown as Messages }), { code: 'AUTH_OPTIONS_INVALID' })
  t.equal(resolveOptions({ defaultLanguage: 'NL', messages: { nl: {} } }).defaultLanguage, 'NL')
})
