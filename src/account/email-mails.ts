import type { UserContext } from 'supertokens-node/types'
import { findPasswordAccount } from '../first-factor/password-account.js'
import { defaultSpeaker, speakerFor } from '../language/of-request.js'
import { appOf } from '../supertokens/sdk.js'

interface Request {
  appName: string
  email: string
  tenantId: string
  link: string
}

/**
 * The mail to an address that somebody wants for their account. If it is another account's, its owner is told instead, and
 * whoever asked learns nothing of it. Call it after the answer, whose time must not tell either.
 */
export async function askNewAddress ({ appName, email, tenantId, link }: Request, userContext: UserContext): Promise<void> {
  const owner = await findPasswordAccount(email, tenantId, userContext)
  const { say, language } = speakerFor(userContext)
  await appOf(userContext).twoFactor.mail.send(owner?.email === undefined
    ? {
        to: email,
        subject: say('Confirm your new address for {appName}', { appName }),
        body: say('Please confirm with this link that your {appName} account is to have this address: {link}\n\nOpen it in the browser where you are signed in. It works for one hour. If you did not ask for it, ignore this message; nothing has changed.', { appName, link }),
        link,
        language
      }
    : {
        // As the Core has it: the two may differ, and then so may their owners.
        to: owner.email,
        subject: say('You already have an account at {appName}', { appName }),
        body: say('Somebody wants to use your address for another {appName} account. It stays with yours, and nothing has changed. If it was you, sign in with this address instead.', { appName }),
        language
      })
}

/** The notice to the address that an account has lost, in the app's default language: a thief must not choose it. */
export async function tellOldAddress ({ appName, email, link, hours }: { appName: string, email: string, link: string, hours: number }, userContext: UserContext): Promise<void> {
  const { say, language } = defaultSpeaker(userContext)
  await appOf(userContext).twoFactor.mail.send({
    to: email,
    subject: say('The address of your {appName} account was changed', { appName }),
    body: say('Your {appName} account has another address now. If it was not you, get this one back with this link: {link}\n\nIt works for {hours} hours. All sessions of the account end then, and you choose a new password.', { appName, link, hours }),
    link,
    language
  })
}
