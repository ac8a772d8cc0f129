import { OptionsInvalid } from '../../errors.js'
import type { SmsByCountry, SmsProvider } from '../../options/connections.js'
import { isCountry } from '../../phone/countries.js'

type Some = SmsProvider | readonly SmsProvider[]

const isList = (some: Some | SmsByCountry): some is readonly SmsProvider[] => Array.isArray(some)

function listOf (some: Some): readonly SmsProvider[] {
  const list = isList(some) ? some : [some]
  if (list.length === 0) throw new OptionsInvalid('sms must name at least one provider')
  return list
}

/** Whether countries have senders of their own. A sender of an app may have members of these names, so they come last. */
function isByCountry (sms: Some | SmsByCountry): sms is SmsByCountry {
  return typeof sms === 'object' && sms !== null && !isList(sms) && !('provider' in sms) && !('send' in sms) && 'default' in sms
}

/** The providers of each country, and of all others. */
export function readRoutes (sms: Some | SmsByCountry): { default: readonly SmsProvider[], countries: ReadonlyMap<string, readonly SmsProvider[]> } {
  if (!isByCountry(sms)) return { default: listOf(sms), countries: new Map() }
  const unknown = Object.keys(sms.countries ?? {}).find((country) => !isCountry(country))
  if (unknown !== undefined) throw new OptionsInvalid('sms.countries must be by countries such as US, or calling codes such as 49')
  const entries = Object.entries(sms.countries ?? {}).map(([country, some]) => [country.replace(/^\+/, ''), listOf(some)] as const)
  return { default: listOf(sms.default), countries: new Map(entries) }
}

/** All providers, each once. */
export function allProviders (sms: Some | SmsByCountry): SmsProvider[] {
  const routes = readRoutes(sms)
  return [...new Set([...routes.default, ...[...routes.countries.values()].flat()])]
}
