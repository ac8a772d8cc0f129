import { randomBytes } from 'node:crypto'
import * as Passwordless from 'supertokens-node/recipe/passwordless'
import { EmailMismatch, OptionsInvalid } from '../../../errors.js'
import { mailboxOf } from '../../../limits/subject.js'
import { joinPaths } from '../../../options/auth-path.js'
import { requestOf } from '../../../supertokens/sdk.js'
import { askingWebsite } from '../../../supertokens/website.js'
import { noteContact } from '../../contact-users.js'
import { createCodes, type CodeMessage } from '../../passwordless/codes.js'
import { addressEndpoints } from '../../passwordless/address-endpoints.js'
import { codeEndpoints } from '../../passwordless/endpoints.js'
import { installPasswordless } from '../../passwordless/install.js'
import { linkCodeOf } from '../../passwordless/link.js'
import { PASSWORDLESS, PINNED, type CodeFactor, type FlowType } from '../../passwordless/types.js'
import { maskAddress, toAddress } from './address.js'
import type { EmailFactorFlow, EmailFactorOptions } from './options.js'
import { EMAIL_RECORD, pinnedAddress } from './pinned-address.js'
import { emailRecipe } from './recipe.js'

const FLOW_TYPES: Record<EmailFactorFlow, FlowType> = { code: 'USER_INPUT_CODE', link: 'MAGIC_LINK', both: 'USER_INPUT_CODE_AND_MAGIC_LINK' }

/** What a link holds that nobody types: nobody can guess it either. */
const unguessable = (): string => randomBytes(20).toString('base64url')

/**
 * Refuses to run where whoever has the mailbox has both factors, unless the operator says so. With phone + password, links
 * that reset passwords go to the phone.
 *
 * @throws AUTH_OPTIONS_INVALID
 */
function requireTwoFactors ({ firstFactor, passwordReset, thirdPartyProviders, oneMailboxForBothFactors }: EmailFactorOptions): void {
  if (oneMailboxForBothFactors || firstFactor === 'phone-password') return
  const reason = passwordReset
    ? 'passwords can be reset by mail. Set passwordReset: false'
    : thirdPartyProviders.length > 0 ? 'a social login is as good as its mailbox. Remove thirdPartyProviders' : undefined
  if (reason !== undefined) throw new OptionsInvalid(`secondFactors: with email, whoever has the mailbox has both factors, since ${reason}, or set oneMailboxForBothFactors: true if that is what you want`)
}

/**
 * A code or a link by mail (guide 001). Off by default: NIST SP 800-63B 3.1.3.1 does not accept mail as a second factor,
 * since a mailbox is opened by a password, and often from many devices.
 */
export function createEmailFactor (options: EmailFactorOptions): CodeFactor {
  requireTwoFactors(options)
  const { appInfo: { websiteDomains, websiteBasePath }, codeLifetime, emailFactorFlow, firstFactor, secondFactors } = options
  const flowType = FLOW_TYPES[emailFactorFlow]
  const masked = (address: string) => ({ email: maskAddress(address) })

  /** Its secret is in the fragment, which browsers send to no server: programs that look at links in mails use nothing up. */
  function linkOf (message: CodeMessage): string {
    const { preAuthSessionId, tenantId, userContext } = message
    const query = new URLSearchParams({ preAuthSessionId, tenantId }).toString()
    return `${askingWebsite(websiteDomains, requestOf(userContext))}${joinPaths(websiteBasePath, 'verify')}?${query}#${linkCodeOf(message)}`
  }

  async function send (message: CodeMessage): Promise<void> {
    const { address, userInputCode, codeLifetime, preAuthSessionId, tenantId, userContext } = message
    await Passwordless.sendEmail({
      type: 'PASSWORDLESS_LOGIN',
      isFirstFactor: false,
      email: address,
      ...(emailFactorFlow !== 'link' && { userInputCode }),
      ...(emailFactorFlow !== 'code' && { urlWithLinkCode: linkOf(message) }),
      codeLifetime,
      preAuthSessionId,
      tenantId,
      userContext
    })
  }

  const factor: CodeFactor = {
    ...createCodes({ contact: 'email', flowType, codeLifetime, send, masked, ...(emailFactorFlow === 'link' && { newCode: unguessable }) }),
    [PASSWORDLESS]: { contact: 'email', flowType, recipe: emailRecipe(options), showsContact: false },
    id: 'email',
    mfaId: emailFactorFlow === 'link' ? 'link-email' : 'otp-email',
    amr: ['otp'],
    strength: 10,
    record: EMAIL_RECORD,
    endpoints: [
      // With SMS, its endpoints are those of both.
      ...(secondFactors.includes('sms') ? [] : codeEndpoints('email')),
      ...addressEndpoints({ path: '/account/email-factor', field: 'email', factorOf: () => factor, isRemovable: true })
    ],

    addressing: {
      kind: 'email',
      named: ({ address }) => address === undefined ? undefined : toAddress(address),
      asksForEnrolled: ({ address }, enrolled) => address === PINNED || address === maskAddress(enrolled),
      invalidMessage: 'Email is invalid',
      // Mail costs nothing, wherever it goes.
      requireReachable () {},
      masked,
      counted: mailboxOf,
      mismatch: () => new EmailMismatch()
    },

    install: (app, login) => { installPasswordless(factor, app, login, options) },

    state: pinnedAddress(firstFactor),
    confirms: (state, _challenge, { address }) => state.state === 'enrolled' && state.address === address,
    contacts: (state) => state.state !== 'broken' && state.address !== undefined ? { emails: [maskAddress(state.address)] } : {},
    recordOf: (_proof, { address }) => address,
    beforeRecord: ({ user, createdNewRecipeUser }, userId, userContext) => noteContact(userId, user, createdNewRecipeUser, userContext)
  }
  return factor
}
