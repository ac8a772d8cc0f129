import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { BUILT_IN } from '../../src/language/languages.js'
import { ANSWERS, DELIVERED, SDK_ANSWERS, SENTENCES } from '../../src/language/sentences.js'
import { placeholdersOf } from '../../src/language/templates.js'
import { pathTo } from '../root.js'
import { shapeOf, textsOfSources } from './source-texts.js'

const catalogues = Object.entries(BUILT_IN).filter(([language]) => language !== 'en')

t.test('every text for people in the sources is a sentence of the catalogues', async (t) => {
  const known = new Set(SENTENCES.map(shapeOf))
  const texts = textsOfSources()
  t.ok(texts.size > 40, 'the sources were read')
  for (const [text, place] of texts) {
    if (known.has(text)) continue
    t.fail(`${place} says "${text}". Add it to src/language/sentences.ts, then let npx tsc -b show which catalogues lack it. If no person reads it, add it to OTHERS in test/language/source-texts.ts`)
  }
})

t.test('no sentence is left that the sources do not say any more', async (t) => {
  const texts = textsOfSources()
  t.strictSame([...ANSWERS, ...DELIVERED].filter((sentence) => !texts.has(shapeOf(sentence))), [])
})

t.test('supertokens-node still says the texts that are translated for it', async (t) => {
  const folder = 'node_modules/supertokens-node/lib/build/recipe'
  const files = readdirSync(pathTo(folder), { recursive: true }).map(String).filter((name) => /^(?:emailpassword|passwordless|thirdparty)\b.*\.js$/.test(name))
  const source = files.map((name) => readFileSync(pathTo(`${folder}/${name}`), 'utf8')).join('\n')
  t.strictSame(SDK_ANSWERS.filter((sentence) => !source.includes(sentence.replace(/\{.*$/, ''))), [])
})

for (const [language, catalogue] of catalogues) {
  t.test(`${language} lacks no sentence, and keeps every placeholder`, async (t) => {
    t.strictSame(Object.keys(catalogue).toSorted(), SENTENCES.toSorted())
    for (const sentence of SENTENCES) {
      const text = catalogue[sentence] ?? ''
      t.not(text, sentence, 'it is translated')
      t.equal(text, text.trim())
      t.strictSame(placeholdersOf(text), placeholdersOf(sentence), text)
    }
  })
}

t.test('a code by SMS fits one segment of 160 characters, except in Japanese', async (t) => {
  // 3GPP TS 23.038, without the escaped characters, which count twice. One other character, and a segment has 70.
  const gsm = /^[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà]*$/
  const [sms] = DELIVERED
  for (const text of [sms, ...catalogues.filter(([language]) => language !== 'ja').map(([, catalogue]) => catalogue[sms]!)]) {
    const body = text.replace('{appName}', 'x'.repeat(40)).replace('{code}', '123456').replace('{minutes}', '10') + '\n\n@login.example.com #123456'
    t.match(body, gsm)
    t.ok(body.length <= 160, `${body.length} characters: ${text}`)
  }
})
