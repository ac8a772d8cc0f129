import { BUILT_IN } from './languages.js'
import { SENTENCES } from './sentences.js'
import { placeholdersOf } from './templates.js'

function isLanguageTag (tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1
  } catch {
    return false
  }
}

function sentenceProblem (tag: string, sentence: string, text: unknown): string | undefined {
  if (!(SENTENCES as readonly string[]).includes(sentence)) return `messages.${tag}: this library never says "${sentence}"`
  if (typeof text !== 'string' || text.trim() === '') return `messages.${tag}: "${sentence}" must have a text`
  const wanted = placeholdersOf(sentence)
  // A text message without its {code} would keep everybody out.
  if (placeholdersOf(text).join() !== wanted.join()) return `messages.${tag}: "${sentence}" must have ${wanted.map((name) => `{${name}}`).join(', ') || 'no placeholder'}`
  return undefined
}

/** What is wrong with the options `defaultLanguage` and `messages`. */
export function languageProblems (defaultLanguage: unknown, messages: unknown = {}): string[] {
  if (typeof messages !== 'object' || messages === null) return ['messages must be an object with a catalogue for each language']
  const catalogues = Object.entries(messages) as [string, unknown][]
  const problems = catalogues.flatMap(([tag, catalogue]) => {
    if (!isLanguageTag(tag)) return [`messages: ${tag} must be a language tag such as nl or pt-PT`]
    if (typeof catalogue !== 'object' || catalogue === null) return [`messages.${tag} must be an object with texts`]
    return Object.entries(catalogue).map(([sentence, text]) => sentenceProblem(tag, sentence, text))
  })
  const supported = [...Object.keys(BUILT_IN), ...catalogues.map(([tag]) => tag)].map((tag) => tag.toLowerCase())
  if (defaultLanguage !== undefined && !(typeof defaultLanguage === 'string' && supported.includes(defaultLanguage.toLowerCase()))) {
    problems.push(`defaultLanguage must be one of ${Object.keys(BUILT_IN).join(', ')}, or a language of messages`)
  }
  return problems.filter((problem) => problem !== undefined)
}
