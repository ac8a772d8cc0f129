import { memberOf } from '../members.js'

/** Another service of yours, which asks this one about sessions. */
export interface ServiceClient {
  /** 1 to 64 letters, digits, `-`, `_` and `.`. */
  id: string
  /** Each of at least 32 visible ASCII characters, ten of them different. Several while one is being replaced: any of them will do. */
  secrets: readonly string[]
}

export const SHORTEST_SECRET = 32
/** A rotation needs two. */
const MOST_SECRETS = 10
/** Each call is compared with all of them. */
const MOST_CLIENTS = 1000

const ID = /^[\w.-]{1,64}$/
const SECRET = /^[\x21-\x7e]{32,512}$/

export const isClientId = (value: unknown): value is string => typeof value === 'string' && ID.test(value)
/** Nobody can guess one, and nobody has to be kept from trying. What a person types to fill the length is none. */
export const isClientSecret = (value: unknown): value is string => typeof value === 'string' && SECRET.test(value) && new Set(value).size >= 10

/** What is wrong with the clients, by their place in the list: neither ids nor secrets are quoted. */
export function serviceClientProblems (clients: unknown): string[] {
  if (clients === undefined) return []
  if (!Array.isArray(clients)) return ['serviceClients must be a list of { id, secrets }']
  if (clients.length > MOST_CLIENTS) return [`serviceClients must be at most ${MOST_CLIENTS}`]
  const problems = clients.flatMap((client: unknown, i) => {
    const [id, secrets] = [memberOf(client, 'id'), memberOf(client, 'secrets')]
    const areSecrets = Array.isArray(secrets) && secrets.length > 0 && secrets.length <= MOST_SECRETS && secrets.every(isClientSecret)
    return [
      ...(isClientId(id) ? [] : [`serviceClients[${i}].id must be 1 to 64 letters, digits, -, _ and .`]),
      ...(areSecrets ? [] : [`serviceClients[${i}].secrets must be a list of 1 to ${MOST_SECRETS} secrets, each of at least ${SHORTEST_SECRET} visible ASCII characters, ten of them different`])
    ]
  })
  if (problems.length > 0) return problems
  const known = clients as ServiceClient[]
  if (new Set(known.map(({ id }) => id)).size < known.length) problems.push('serviceClients names a client twice: give it several secrets instead')
  // A secret that two have would not say which of them is calling.
  const secrets = known.flatMap(({ secrets }) => secrets)
  if (new Set(secrets).size < secrets.length) problems.push('serviceClients has a secret twice')
  return problems
}
