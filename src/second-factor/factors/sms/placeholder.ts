import { randomUUID } from 'node:crypto'

/**
 * Login names of accounts that have no number of their own. `.invalid` can never be a domain (RFC 2606), and forms take
 * nothing but numbers: nobody can sign in to these names or look them up.
 */
const DOMAIN = '@fastify-2fa.invalid'
const PENDING = /^pending\.\d\.(\d+)@fastify-2fa\.invalid$/

/** More than may sign up with one number within ten minutes by default, so that each has time to answer a code. */
const MOST_PENDING = 6

/**
 * Names for accounts that wait for a code to a number. The Core holds each name once per tenant, which bounds how many
 * wait for one number. They hold the number, so that no crash parts the two.
 */
export function pendingNames (number: string): string[] {
  return Array.from({ length: MOST_PENDING }, (_, index) => `pending.${index}.${number.slice(1)}${DOMAIN}`)
}

/** The number that an account with this name waits for. */
export function pendingNumber (name: string): string | undefined {
  const digits = PENDING.exec(name)?.[1]
  return digits === undefined ? undefined : `+${digits}`
}

/** A name for an account that has lost its number. */
export function freedName (): string {
  return `freed.${randomUUID()}${DOMAIN}`
}

/** Whether a name is one of these, in any spelling that the Core takes for the same. */
export function isPlaceholder (name: string): boolean {
  return /^(?:pending|freed)\..*@fastify-2fa\.invalid$/.test(name.trim().toLowerCase())
}
