import * as Passwordless from 'supertokens-node/recipe/passwordless'
import { PhoneBroken, PhoneMismatch } from '../../../errors.js'
import { refuse } from '../../../limits/answers.js'
import type { SmsFactorOptions } from './options.js'
import { mayReach } from '../../../phone/countries.js'
import { takesTexts } from '../../../phone/kinds.js'
import { isSameNumber, maskPhoneNumber, toE164 } from '../../../phone/number.js'
import { appOf } from '../../../supertokens/sdk.js'
import type { FindState } from '../../state.js'
import { noteContact } from '../../contact-users.js'
import { createCodes } from '../../passwordless/codes.js'
import { addressEndpoints } from '../../passwordless/address-endpoints.js'
import { codeEndpoints, numberEndpoints } from '../../passwordless/endpoints.js'
import { installPasswordless } from '../../passwordless/install.js'
import { PASSWORDLESS, PINNED, type CodeFactor } from '../../passwordless/types.js'
import { numberOf, PHONE_RECORD } from './enrolled-phone.js'
import { PHONE_PAYLOAD_KEYS, phonePayload } from './payload.js'
import { smsRecipe } from './recipe.js'

/** Links by SMS are not made: people follow them without a look at where they lead. */
const FLOW_TYPE = 'USER_INPUT_CODE'

/**
 * A code by SMS (guides 001 and 000).
 *
 * @param pinnedPhone finds the user's phone; phone-pinning decides how
 */
export function createSmsFactor (options: SmsFactorOptions, pinnedPhone: FindState): CodeFactor {
  const { codeLifetime, defaultCountry, exposePhoneNumber, firstFactor } = options
  const masked = (phoneNumber: string) => ({ phone: maskPhoneNumber(phoneNumber) })

  const factor: CodeFactor = {
    ...createCodes({
      contact: 'phoneNumber',
      flowType: FLOW_TYPE,
      codeLifetime,
      masked,
      async send ({ address: phoneNumber, userInputCode, codeLifetime, preAuthSessionId, tenantId, userContext }) {
        await Passwordless.sendSms({ type: 'PASSWORDLESS_LOGIN', isFirstFactor: false, phoneNumber, userInputCode, codeLifetime, preAuthSessionId, tenantId, userContext })
      }
    }),
    [PASSWORDLESS]: { contact: 'phoneNumber', flowType: FLOW_TYPE, recipe: smsRecipe(options), showsContact: exposePhoneNumber },
    id: 'sms',
    mfaId: 'otp-phone',
    amr: ['otp', 'sms'],
    strength: 20,
    record: PHONE_RECORD,
    endpoints: [
      ...codeEndpoints('phoneNumber'),
      ...numberEndpoints,
      ...addressEndpoints({ path: '/account/phone', field: 'phoneNumber', factorOf: () => factor, isRemovable: firstFactor !== 'phone-password' })
    ],

    addressing: {
      kind: 'phone',
      named: ({ address }) => address === undefined ? undefined : toE164(address, defaultCountry),
      isSame: isSameNumber,
      // Stock pages send what the token says, which may be masked.
      asksForEnrolled: ({ address }, enrolled) => address === PINNED || address === maskPhoneNumber(enrolled),
      invalidMessage: 'Phone number is invalid',
      requireReachable (phoneNumber, userContext, owned) {
        // Who enrolled such a number before it was refused keeps it: it has answered a code.
        if (!owned && !takesTexts(phoneNumber)) throw refuse('Codes cannot be sent to this kind of number. Please use a mobile number.')
        if (!mayReach(phoneNumber, appOf(userContext).twoFactor.limits?.countries ?? [])) throw refuse('Codes cannot be sent to this country. Please use a number of another country.')
      },
      masked,
      isShown: exposePhoneNumber,
      mismatch: () => new PhoneMismatch()
    },

    install: (app, login) => { installPasswordless(factor, app, login, options) },

    state: pinnedPhone,
    broken: () => new PhoneBroken(),

    confirms: (state, _challenge, { user, address }) =>
      state.state === 'enrolled' && state.address === address && (state.record ?? user.id) === user.id,
    contacts: (state) => state.state === 'enrolled' && state.address !== undefined
      ? { phoneNumbers: [exposePhoneNumber ? state.address : maskPhoneNumber(state.address)] }
      : {},
    recordOf: ({ user }) => user.id,
    besideRecord: ({ user }) => numberOf(user),
    beforeRecord: ({ user, createdNewRecipeUser }, userId, userContext) => noteContact(userId, user, createdNewRecipeUser, userContext),
    payload: ({ address }) => phonePayload(address as string, exposePhoneNumber),
    payloadKeys: PHONE_PAYLOAD_KEYS
  }
  return factor
}
