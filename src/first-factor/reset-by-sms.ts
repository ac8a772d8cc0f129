import type { UserContext } from 'supertokens-node/types'
import { refuse } from '../limits/answers.js'
import { networksOfRequest } from '../limits/network.js'
import { takesTexts } from '../phone/kinds.js'
import { accountPhone } from '../second-factor/factors/sms/account-phone.js'
import type { Subject } from '../second-factor/state.js'
import { appOf } from '../supertokens/sdk.js'

interface Link {
  account: Subject
  body: string
  link: string
  /** Of `body`. */
  language: string
}

/**
 * Sends a reset link by SMS. An account of a number that has never answered a code may be a stranger's, made to have
 * links sent there: it is watched as codes to new numbers are. Call it in the background: nobody is told whether it
 * sent anything.
 *
 * @throws AUTH_LIMIT_REACHED
 */
export async function sendLinkBySms ({ account, body, link, language }: Link, userContext: UserContext): Promise<void> {
  const { limits, sms } = appOf(userContext).twoFactor
  const networks = networksOfRequest(userContext)
  const phone = await accountPhone(account, userContext)
  if (phone.state !== 'enrolled' || phone.address === undefined) return
  const phoneNumber = phone.address
  const owned = await phone.isProven?.() === true
  if (!owned) {
    if (!takesTexts(phoneNumber)) throw refuse('Links cannot be sent to this kind of number.')
    await limits?.newNumbers?.reserve(phoneNumber, networks)
  }
  const send = () => sms.send({ to: phoneNumber, body, link, language }, { networks })
  await (limits?.spend === undefined ? send() : limits.spend.paying(phoneNumber, owned, send))
}
