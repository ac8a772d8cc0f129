import type { TypeProvider } from 'supertokens-node/recipe/thirdparty/types'

/** A social login as the SDK runs it; SAML is the other kind, which is not supported. */
export type OAuth2Provider = Extract<TypeProvider, { type: 'oauth2' }>
