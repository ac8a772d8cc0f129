import type { TypeProvider } from 'supertokens-node/recipe/thirdparty/types'

/** A social login as the SDK runs it. The other kind, SAML, is not supported. */
export type OAuth2Provider = Extract<TypeProvider, { type: 'oauth2' }>
