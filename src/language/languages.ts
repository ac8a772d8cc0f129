import type { FastifyRequest } from 'fastify'
import { preferredLanguage } from './accept.js'
import { de } from './de.js'
import { es } from './es.js'
import { fr } from './fr.js'
import { ja } from './ja.js'
import { pt } from './pt.js'
import type { PageText } from './page-sentences.js'
import { ANSWERS, SDK_ANSWERS, SENTENCES, type AnswerText, type Catalogue, type DeliveredText } from './sentences.js'
import { fill, recognise, templateOf, when, type Placeholder } from './templates.js'

/** Texts of an app: languages that it adds, and its own words for ours. Keys are language tags (BCP 47). */
export type Messages = Readonly<Record<string, Partial<Catalogue>>>

/** English is the language of the keys. */
export const BUILT_IN: Messages = { en: {}, de, es, fr, ja, pt }

/** A text, and the language that it turned out to be in: what a catalogue lacks is said in a broader one. */
interface Translated {
  text: string
  language: string
}

/** Writes in one language. */
export interface Speaker {
  /** Language tag (BCP 47), for example `de`. */
  readonly language: string
  /** Writes a text message, a mail, or what a page says. */
  say<Text extends DeliveredText | PageText> (sentence: Text, values: Record<Placeholder<Text>, string | number>): string
  /** Translates a text of an answer; undefined if it is none of ours or SuperTokens'. */
  translate (english: string): Translated | undefined
}

export interface Languages {
  /** By the client's `Accept-Language`; the default language without a request. */
  of (request: FastifyRequest | undefined): Speaker
  /** By a language tag, or a broader one; the default language for others. */
  named (tag: string | undefined): Speaker
}

const KNOWN: readonly AnswerText[] = [...ANSWERS, ...SDK_ANSWERS]
// The first one that fits counts.
const TEMPLATES = KNOWN.filter((sentence) => sentence.includes('{')).map(templateOf)

/** A tag and the broader ones, broadest first: `zh`, `zh-Hant`, `zh-Hant-TW`. */
function chainOf (tag: string): string[] {
  return tag.split('-').map((_, index, subtags) => subtags.slice(0, index + 1).join('-'))
}

function createSpeaker (language: string, catalogues: readonly [tag: string, catalogue: Partial<Catalogue>][]): Speaker {
  const texts = new Map<string, Translated>(SENTENCES.map((sentence) => [sentence, { text: sentence, language: 'en' }]))
  for (const [tag, catalogue] of catalogues) {
    for (const [sentence, text] of Object.entries(catalogue)) texts.set(sentence, { text, language: tag })
  }

  function valueOf (name: string, english: string, inLanguage: string): string | undefined {
    if (name === 'refusal') return translate(english)?.text
    return name === 'when' ? when(english, inLanguage) : english
  }

  function translate (english: string): Translated | undefined {
    // Whole sentences before those with values, some of which take any text.
    if (KNOWN.includes(english as AnswerText)) return texts.get(english)
    for (const template of TEMPLATES) {
      const values = recognise(template, english)
      if (values === undefined) continue
      const { text, language: inLanguage } = texts.get(template.sentence)!
      const translated = Object.entries(values).map(([name, value]) => [name, valueOf(name, value, inLanguage)])
      if (translated.every(([, value]) => value !== undefined)) return { text: fill(text, Object.fromEntries(translated) as Record<string, string>), language: inLanguage }
    }
    return undefined
  }

  return { language, say: (sentence, values) => fill(texts.get(sentence)!.text, values), translate }
}

/** The languages of an app: the built-in ones and its own. Whatever a language lacks is said in a broader one, at last in English. */
export function createLanguages ({ defaultLanguage, messages }: { defaultLanguage: string, messages: Messages }): Languages {
  const own = Object.fromEntries(Object.entries(messages).map(([tag, catalogue]) => [Intl.getCanonicalLocales(tag)[0]!, catalogue]))
  const speakers = new Map([...Object.keys(BUILT_IN), ...Object.keys(own)].map((tag) => {
    const catalogues = [...new Set(['en', ...chainOf(tag)])].flatMap((one) => [BUILT_IN[one], own[one]].map((catalogue): [string, Partial<Catalogue>] => [one, catalogue ?? {}]))
    return [tag.toLowerCase(), createSpeaker(tag, catalogues)] as const
  }))
  const byDefault = speakers.get(defaultLanguage.toLowerCase())!
  return {
    of (request) {
      return speakers.get(preferredLanguage(request?.headers['accept-language'], speakers) ?? '') ?? byDefault
    },
    named (tag = '') {
      const found = chainOf(tag.toLowerCase()).reverse().find((one) => speakers.has(one))
      return found === undefined ? byDefault : speakers.get(found)!
    }
  }
}
