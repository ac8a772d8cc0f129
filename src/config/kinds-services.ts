import { isReceiverToken, isReceiverUrl } from '../revocations/options.js'
import { isClientId, isClientSecret, serviceClientProblems, SHORTEST_SECRET, type ServiceClient } from '../service-clients/options.js'
import { type Kind, list, type Parsed, wrong } from './kinds.js'

const pair = (): Kind<{ id: string, secret: string }> => ({
  shape: `\`name:secret\` with a secret of ${SHORTEST_SECRET} or more visible ASCII characters without commas, ten of them different`,
  parse (text) {
    const colon = text.indexOf(':')
    const [id, secret] = [text.slice(0, Math.max(0, colon)), text.slice(colon + 1)]
    if (!isClientId(id)) return wrong('Its name must be letters, digits, `-`, `_` and `.`.')
    return isClientSecret(secret) ? { value: { id, secret } } : wrong('Its secret is too short or too simple, or has spaces.')
  }
})

/** Clients of `SERVICE_CLIENTS`. The hints quote neither names nor secrets. */
export function serviceClients (): Kind<ServiceClient[]> {
  const pairs = list(pair())
  return {
    shape: pairs.shape,
    parse (text): Parsed<ServiceClient[]> {
      const parsed = pairs.parse(text)
      if ('wrong' in parsed) return parsed
      const byId = new Map<string, string[]>()
      for (const { id, secret } of parsed.value) byId.set(id, [...byId.get(id) ?? [], secret])
      const clients = [...byId].map(([id, secrets]) => ({ id, secrets }))
      const problems = serviceClientProblems(clients)
      return problems.length > 0 ? wrong('A secret is there twice, or a client has too many.') : { value: clients }
    }
  }
}

export const metricsKey = (): Kind<string> => ({
  shape: `a key of ${SHORTEST_SECRET} or more visible ASCII characters without commas, ten of them different`,
  parse: (text) => isClientSecret(text) ? { value: text } : wrong()
})

export const receiverUrl = (): Kind<string> => ({
  shape: 'a URL such as `https://events.example.com/caep`, without credentials',
  parse: (text) => isReceiverUrl(text) ? { value: text } : wrong()
})

export const receiverToken = (): Kind<string> => ({
  shape: 'visible ASCII characters without spaces',
  parse: (text) => isReceiverToken(text) ? { value: text } : wrong()
})
