import { newPhoneNumber } from '../../../src/testing/index.js'
import { codeFor, linkFor } from './stage.js'
import type { Person } from './person.js'

export interface Account { email: string, password: string, phone: string }

let people = 0

export const newAccount = (name = `person-${++people}`): Account => ({ email: `${name}@example.com`, password: 'correct horse 1', phone: newPhoneNumber() })

export const credentialsOf = ({ email, password }: Account) => ({ 'E-mail address': email, Password: password })

/** From the page for signing up to the choice of a second factor. */
export async function signUp (person: Person, account: Account): Promise<void> {
  await person.open('/auth/sign-up')
  await person.press('Create an account', credentialsOf(account))
  await person.open(await linkFor(account.email))
  await person.press('Confirm the address')
}

/** Signs somebody up whose codes come by SMS, as far as "my security". */
export async function signUpWithPhone (person: Person, account: Account): Promise<void> {
  await signUp(person, account)
  await person.follow('A code by text message')
  await person.press('Send the code', { 'Phone number': account.phone })
  await enterCode(person, account.phone)
  await person.press('I have saved them')
}

/** Enters the newest code that went to a number or an address. */
export async function enterCode (person: Person, to: string): Promise<void> {
  await person.press('Continue', { 'Code from the message': await codeFor(to) })
}

/** Signs out and in again, as far as the second factor. */
export async function comeBack (person: Person, account: Account): Promise<void> {
  await person.press('Sign out')
  await person.press('Sign in', credentialsOf(account))
}

/** Both factors, from the sign-in on. */
export async function signIn (person: Person, account: Account): Promise<void> {
  await person.press('Sign in', credentialsOf(account))
  await enterCode(person, account.phone)
}
