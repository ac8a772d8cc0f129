import type { ProviderInput } from 'supertokens-node/recipe/thirdparty/types'

/** What people know providers by, where a capital letter is not enough. */
const NAMES: Record<string, string> = {
  'active-directory': 'Microsoft', github: 'GitHub', gitlab: 'GitLab', 'google-workspaces': 'Google Workspace', linkedin: 'LinkedIn', twitter: 'X'
}

/** A social login, as a page offers it. */
export interface PageProvider {
  id: string
  name: string
  /** Where the provider has a client for each platform. */
  clientType: string | undefined
}

/** The social logins that are configured. Of several clients, the one for websites is taken, or the first one. */
export function pageProviders (providers: readonly ProviderInput[]): PageProvider[] {
  return providers.map(({ config: { thirdPartyId: id, name, clients = [] } }) => {
    const types = clients.map(({ clientType }) => clientType)
    return { id, name: name ?? NAMES[id] ?? id.charAt(0).toUpperCase() + id.slice(1), clientType: types.find((type) => type === 'web') ?? types[0] }
  })
}
