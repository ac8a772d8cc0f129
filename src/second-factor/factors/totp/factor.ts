import { randomUUID } from 'node:crypto'
import { DeviceExists, EnrolmentsFull } from '../../../errors.js'
import type { Factor, FactorContext } from '../../factor.js'
import { readCode } from '../../passwordless/code.js'
import { enrolmentsIn, isSpent, spend } from '../../records.js'
import { accountName } from './account.js'
import { DIGITS, SKEW, loadOtp, newSecret, stepOf } from './algorithm.js'
import { devicesOf, findDevices, MOST_DEVICES, ownerOf, TOTP_RECORD, type DeviceRecord } from './devices.js'
import { totpEndpoints } from './endpoints.js'
import { freeName, plainName } from './names.js'
import type { TotpFactorOptions } from './options.js'
import { loadQr, qrCode } from './picture.js'
import type { TotpTypes } from './types.js'

/** Seconds that a secret that is shown can be confirmed. People install an app first. */
const CONFIRMATION_SECONDS = 600

const challengeIdOf = (name: string): string => `device:${plainName(name)}`

/** Names what is used up: each code of a device passes once, in whichever session (RFC 6238 5.2). */
const usesOf = (device: string): string => `totp:${device}`

function invalid ({ tries }: FactorContext): TotpTypes['rejection'] {
  return {
    status: 'INVALID_TOTP_ERROR',
    currentNumberOfFailedAttempts: tries?.failed ?? 1,
    maxNumberOfFailedAttempts: tries?.most ?? Number.MAX_SAFE_INTEGER
  }
}

/**
 * A code from an authenticator app (TOTP, RFC 6238). The app has a secret in common with the service, which is shown once
 * and then kept encrypted. Nothing is sent, so whoever signs in need not ask for a challenge first.
 */
export function createTotpFactor ({ appInfo: { appName }, factorKeys: keys }: TotpFactorOptions): Factor<TotpTypes> {
  const factor: Factor<TotpTypes> = {
    id: 'totp',
    amr: ['otp'],
    strength: 30,
    record: TOTP_RECORD,
    severalIds: ({ details }) => details?.device as string,
    unasked: true,
    answersPassing: (metadata) => (2 * SKEW + 1) * enrolmentsIn(metadata, TOTP_RECORD).length,
    challengeLifetime: CONFIRMATION_SECONDS,
    checkSpends: true,
    endpoints: totpEndpoints(() => factor),

    install (app) {
      // Before the SDK starts, which cannot be tried again in this process.
      app.register(async () => { await Promise.all([loadOtp(), loadQr()]) })
      if (keys.areKnown) app.log.warn('secrets of authenticator apps are encrypted with a key that everybody knows. Set factorKeys (FACTOR_KEY)')
    },

    state: ({ userId }, userContext) => findDevices(userId, keys, userContext),

    async challenge ({ request, state, userContext }, { name }) {
      const userId = request.session.getUserId()
      const taken = devicesOf(state).map((device) => device.name)
      if (taken.length >= MOST_DEVICES) throw new EnrolmentsFull()
      // Enough: the session that confirms a device first ends all others, with what they have asked for.
      if (name !== undefined && taken.includes(name)) throw new DeviceExists()
      const deviceName = name ?? freeName(taken)
      const device = randomUUID()
      const secret = await newSecret(appName, await accountName(userId, userContext))
      return {
        challenge: { id: challengeIdOf(deviceName), details: { device, name: deviceName, secret: keys.seal(secret.bytes, ownerOf(userId, device)) } },
        reply: { issuerName: appName, deviceName, secret: secret.text, qrCodeString: secret.uri, qrCodeSvg: await qrCode(secret.uri) }
      }
    },

    challengeOf: ({ deviceName }) => deviceName === undefined ? undefined : challengeIdOf(deviceName),

    read (_challenge, answer) {
      const read = readCode(answer.totp, { digits: String(DIGITS) })
      return typeof read === 'string' ? { answer: { ...answer, totp: read } } : read
    },

    async check (context, { details }, { totp }) {
      const { request, state, userContext } = context
      const userId = request.session.getUserId()
      const unknown = { outcome: 'restart', rejection: { status: 'UNKNOWN_DEVICE_ERROR' } } as const
      let devices: Array<{ id: string, secret: Buffer }> = devicesOf(state)
      if (details !== undefined) {
        const { device: id = '', secret: sealed = '' } = details
        const secret = keys.open(sealed, ownerOf(userId, id))
        // A challenge that has enrolled its device is over, also when that was removed meanwhile.
        if (secret === undefined || await isSpent(userId, usesOf(id), userContext)) return unknown
        devices = [{ id, secret }]
      }
      if (devices.length === 0) return { outcome: 'restart', rejection: { status: 'UNKNOWN_USER_ID_ERROR' } }
      for (const { id, secret } of devices) {
        const step = await stepOf(totp, secret)
        if (step === undefined) continue
        const use = `${usesOf(id)}:${step}`
        // A code that somebody has seen on a screen or on the line is not accepted again. Looked at before, so that one that
        // is sent again and again leaves no marks.
        const isFirst = !await isSpent(userId, use, userContext) && await spend(userId, use, userContext)
        return isFirst ? { outcome: 'right', proof: undefined } : { outcome: 'restart', rejection: invalid(context) }
      }
      return { outcome: 'wrong', rejection: invalid(context) }
    },

    recordOf: (_proof, { details }): DeviceRecord => ({ name: details?.name as string, secret: details?.secret as string, since: Date.now() })
  }
  return factor
}
