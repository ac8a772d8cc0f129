import { getUser } from 'supertokens-node'
import type { UserContext } from 'supertokens-node/types'
import { channelsIn, type OldChannels } from './agenda.js'
import { defaultSpeaker } from '../language/of-request.js'
import type { DeliveredText } from '../language/sentences.js'
import { toE164 } from '../phone/number.js'
import { toAddress } from '../second-factor/factors/email/address.js'
import { pendingNumber } from '../second-factor/factors/sms/placeholder.js'
import { readMetadata } from '../second-factor/records.js'
import { appOf } from '../supertokens/sdk.js'

/** What an owner is told on every channel, in the app's default language: a thief must not choose one. */
export interface Announcement {
  subject: DeliveredText
  body: DeliveredText
  values: Readonly<Record<string, string>>
  /** In `body` as `{link}`. */
  link?: string | undefined
}

interface Receivers {
  phones: Set<string>
  mails: Set<string>
}

/** Everywhere that an owner can be told: the login, the pinned phone, the address of the factor `email`, those before a change. */
async function receiversOf (userId: string, { phoneUserId, email, contested = [] }: OldChannels, userContext: UserContext): Promise<Receivers> {
  const found: Receivers = { phones: new Set(), mails: new Set() }
  const add = (login: string | undefined): void => {
    const [phone, mail] = [toE164(pendingNumber(login ?? '') ?? login ?? ''), toAddress(login ?? '')]
    if (phone !== undefined) found.phones.add(phone)
    // What is no address, such as the name of an account that has lost its number, gets no mail.
    else if (mail !== undefined && !mail.endsWith('.invalid')) found.mails.add(mail)
  }
  for (const login of (await getUser(userId, userContext))?.emails ?? []) add(login)
  if (phoneUserId !== undefined) for (const phone of (await getUser(phoneUserId, userContext))?.phoneNumbers ?? []) add(phone)
  for (const one of [email, ...contested]) add(one)
  return found
}

/**
 * Tells the owner on every channel that is known. One that fails does not keep the others from being told.
 *
 * @param before channels that the metadata does not say any more
 * @throws the first failure, when nothing could be sent
 */
export async function tellEverywhere (userId: string, announcement: Announcement, userContext: UserContext, before?: OldChannels): Promise<void> {
  const { subject, body, values, link } = announcement
  const { log, twoFactor: { sms, mail } } = appOf(userContext)
  const { phones, mails } = await receiversOf(userId, before ?? channelsIn(await readMetadata(userId, userContext)), userContext)
  const { say, language } = defaultSpeaker(userContext)
  const filled = { ...values, ...(link !== undefined && { link }) }
  const message = { body: say(body, filled as never), language, ...(link !== undefined && { link }) }
  const sent = await Promise.allSettled([
    ...[...mails].map((to) => mail.send({ to, subject: say(subject, filled as never), ...message })),
    ...[...phones].map((to) => sms.send({ to, ...message }))
  ])
  const failed = sent.filter((one) => one.status === 'rejected')
  for (const { reason } of failed) log.error({ err: reason as unknown, userId }, 'an owner could not be told on one channel')
  if (failed.length > 0 && failed.length === sent.length) throw failed[0]!.reason
}
