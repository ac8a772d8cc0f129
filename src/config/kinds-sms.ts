import { createHttpSender } from '../delivery/sms/template/index.js'
import type { HttpSmsOptions } from '../delivery/sms/template/options.js'
import { pricesProblem } from '../limits/spend-options.js'
import { isCountry } from '../phone/countries.js'
import { json, type Kind, list, type Parsed, wrong } from './kinds.js'
import { didYouMean } from './near.js'

/** Names of `SMS_PROVIDER`. `http` may be followed by `:` and the name of a template. */
export const SMS_PROVIDERS = ['log', 'twilio', 'twilio-whatsapp', 'twilio-voice', 'webhook', 'http', 'supertokens'] as const
export type SmsProviderName = typeof SMS_PROVIDERS[number]

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The provider that a name stands for, without the name of the template. */
export const kindOf = (name: string): SmsProviderName => name.split(':', 1)[0] as SmsProviderName

const smsProvider = (): Kind<string> => ({
  shape: `one of ${SMS_PROVIDERS.map((name) => `\`${name}\``).join(', ')}, or \`http:\` and the name of a template`,
  parse: (text) => (SMS_PROVIDERS as readonly string[]).includes(text) || /^http:[a-z0-9-]{1,32}$/.test(text) ? { value: text } : wrong(didYouMean(text, SMS_PROVIDERS).trim())
})

export const smsProviders = (): Kind<string[]> => list(smsProvider())

export function smsByCountry (): Kind<Record<string, string[]>> {
  return json('a JSON object such as `{"DE":"http,twilio","1":"twilio"}`, by country codes (ISO 3166) or calling codes', (content) => {
    if (!isObject(content)) return wrong('It is not a JSON object.')
    const details: string[] = []
    const value: Record<string, string[]> = {}
    for (const [country, names] of Object.entries(content)) {
      const parsed = typeof names === 'string' ? smsProviders().parse(names) : wrong('Providers are a text such as "http,twilio".')
      if (!isCountry(country)) details.push('It names what is no country.')
      else if ('wrong' in parsed) details.push(`The providers of ${country} are not valid.`, ...parsed.wrong)
      else value[country] = parsed.value
    }
    return details.length > 0 ? wrong(...details) : { value }
  })
}

/** Checks a template as the sender does. Its messages name members, and never what is in them. */
function problemOf (template: HttpSmsOptions): string | undefined {
  try {
    createHttpSender(template)
    return undefined
  } catch (error) {
    return (error as Error).message.replace(/^.*?: /, '')
  }
}

function readTemplates (content: unknown): Parsed<HttpSmsOptions[]> {
  const templates = [content].flat()
  if (templates.length === 0 || !templates.every(isObject)) return wrong('It is not a JSON object, nor a list of them.')
  const value = templates.map((template) => ({ ...template, provider: 'http' }) as HttpSmsOptions)
  const details = value.map(problemOf).filter((problem) => problem !== undefined).map((problem) => `${problem}.`)
  const names = value.map(({ name = 'http' }) => name)
  if (new Set(names).size < names.length) details.push('Two templates have the same name.')
  return details.length > 0 ? wrong(...details) : { value }
}

export const smsTemplates = (): Kind<HttpSmsOptions[]> => json('a JSON object with a `url`, as `docs/delivery/http.md` describes it, or a list of several', readTemplates)

export function prices (): Kind<Record<string, number>> {
  return json('a JSON object such as `{"default":0.08,"US":0.01,"49":0.09}`', (content) => {
    const problem = pricesProblem(content)
    return problem === undefined ? { value: content as Record<string, number> } : wrong(`It ${problem}.`)
  })
}

export const money = (): Kind<number> => ({
  shape: 'an amount such as `50` or `12.50`, up to 400000',
  parse (text) {
    const value = Number(text)
    return /^\d{1,6}(?:\.\d{1,4})?$/.test(text) && value > 0 && value <= 400_000 ? { value } : wrong()
  }
})
