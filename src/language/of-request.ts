import type { UserContext } from 'supertokens-node/types'
import { appOf, requestOf } from '../supertokens/sdk.js'
import type { Speaker } from './languages.js'

/** The language of whoever a recipe is working for, also once the request has been answered. */
export function speakerFor (userContext: UserContext): Speaker {
  return appOf(userContext).twoFactor.languages.of(requestOf(userContext))
}

/** The app's default language: for messages that somebody else than their receiver causes. */
export function defaultSpeaker (userContext: UserContext): Speaker {
  return appOf(userContext).twoFactor.languages.of(undefined)
}
