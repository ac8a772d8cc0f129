import type { ListedAccount, ListedFactor } from '../account/operator-list.js'
import { plain, utc } from './table.js'

function factorLine ({ factor, phone, email, name, since, lastUse, left, broken }: ListedFactor): string {
  return [
    factor,
    phone, email,
    name !== undefined && `"${plain(name)}"`,
    left !== undefined && `${left} left`,
    since !== undefined && `since ${utc(since)}`,
    lastUse !== undefined && `last used ${utc(lastUse)}`,
    broken === true && 'BROKEN'
  ].filter((part) => typeof part === 'string').join('  ')
}

export function factorLines ({ userId, factors, lockedAt, passwordChangeRequired, recovery }: ListedAccount): string[] {
  return [
    userId,
    ...(factors.length === 0 ? ['no second factor'] : factors.map(factorLine)),
    ...(lockedAt === undefined ? [] : [`locked since ${lockedAt}`]),
    ...(passwordChangeRequired === undefined ? [] : [`the password has to be changed, since ${utc(passwordChangeRequired)}`]),
    ...(recovery === undefined ? [] : [`recovery: ${recovery.phase}, from ${utc(recovery.readyAt)} until ${utc(recovery.lapsesAt)}`])
  ]
}

/** JSON that a terminal shows as it is. */
export function json (result: object): string {
  return JSON.stringify(result, undefined, 2).replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => character === '\n' ? character : `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`)
}
