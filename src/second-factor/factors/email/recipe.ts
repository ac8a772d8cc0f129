import type { AllRecipeConfigs } from 'supertokens-node/types'
import type { Speaker } from '../../../language/languages.js'
import { speakerFor } from '../../../language/of-request.js'
import { appOf } from '../../../supertokens/sdk.js'
import { PINNED } from '../../passwordless/types.js'
import { isMasked, toAddress } from './address.js'

interface Mail {
  appName: string
  code: string | undefined
  link: string | undefined
  /** How long it works. */
  minutes: number
}

/** Each text says what a mail that nobody asked for means: somebody has the password. */
function bodyOf ({ say }: Speaker, { code = '', link = '', ...values }: Mail): string {
  if (link === '') return say('Your code for {appName} is {code}. It works for {minutes} min. Enter it only where you have just signed in, and never tell it to anyone.\n\nIf you did not sign in, somebody knows your password: choose a new one.', { ...values, code })
  if (code === '') return say('Finish signing in to {appName} with this link: {link}\n\nIt works for {minutes} min, in the browser where you have just signed in.\n\nIf you did not sign in, somebody knows your password: choose a new one.', { ...values, link })
  return say('Your code for {appName} is {code}. Enter it only where you have just signed in, and never tell it to anyone. In the same browser, this link does the same: {link}\n\nBoth work for {minutes} min.\n\nIf you did not sign in, somebody knows your password: choose a new one.', { ...values, code, link })
}

/** The Passwordless recipe's settings for codes by mail. */
export function emailRecipe ({ appInfo: { appName } }: { appInfo: { appName: string } }) {
  const isUsable = (email: string): boolean => email === PINNED || isMasked(email) || toAddress(email) !== undefined
  return {
    validateEmailAddress: (email: string) => isUsable(email) ? undefined : 'Email is invalid',
    emailDelivery: {
      service: {
        async sendEmail ({ email, userInputCode: code, urlWithLinkCode: link, codeLifetime, userContext }) {
          const speaker = speakerFor(userContext)
          await appOf(userContext).twoFactor.mail.send({
            to: email,
            // Without the code: subjects are shown on locked screens.
            subject: speaker.say('Your second factor at {appName}', { appName }),
            body: bodyOf(speaker, { appName, code, link, minutes: Math.max(1, Math.floor(codeLifetime / 60_000)) }),
            ...(code !== undefined && { code }),
            ...(link !== undefined && { link }),
            language: speaker.language
          })
        }
      }
    }
  } satisfies Partial<AllRecipeConfigs['passwordless']>
}
