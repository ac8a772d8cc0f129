/**
 * Every text that a person reads, in English: the keys of all catalogues. `{name}` stands for a value.
 *
 * To change or add one, write it here as the code says it, then let `npx tsc -b` show you which catalogues lack it.
 */

/** Texts of answers: `message`, `reason` and the errors of form fields. */
export const ANSWERS = [
  // Limits
  '{refusal} Try again {when}.',
  'A code is already on its way.',
  'Too many codes were sent.',
  'Too many wrong codes.',
  'Too many failed attempts.',
  'Too many wrong passwords.',
  'Too many sign-ups.',
  'Too many sign-ups with this number.',
  'Too many e-mails were sent.',
  'Too many codes from your network were not answered. Please use another network, or wait.',
  'Codes cannot be sent to numbers like this one at the moment.',
  'Codes cannot be sent to this kind of number. Please use a mobile number.',
  'Codes cannot be sent to this country. Please use a number of another country.',
  'The second factor of this account is locked after too many wrong codes. Please contact support.',
  'Too many wrong codes in the last weeks. Please use a network from which you have signed in lately.',

  // The second factor
  'Please enter the {count} digits of the code.',
  'The code could not be sent. Please try again in a moment.',
  'Links are not accepted as a second factor. Please enter the code instead.',
  'The second factor of this account is another phone number. Please use that number.',
  'Codes for this account go to another e-mail address. Please use that one.',
  'This browser did not ask for the link. If you are signing in elsewhere, enter this code there: {code}. If not, tell it to nobody and choose a new password.',
  'This browser did not ask for the link. Please open it in the browser where you are signing in. If you are not signing in, choose a new password.',
  'The second factor of this account cannot be used. Please contact support.',
  'This account already has a second factor. Please pass it first, then add another one.',
  'This is the only second factor of your account. Please add another one first, then remove it.',
  'This second factor is not set up for your account. Please choose another one, or set it up.',
  'This passkey could not be set up. Please try again, perhaps on another device.',
  'This account has as many passkeys as it can have. Please remove one first.',
  'Please enter one of your recovery codes. Each has 15 letters and digits.',
  'You cannot add more of these. Please remove one first.',
  'There is a device of this name already.',
  'A code alone does not sign you in. Please sign in first, then enter the code.',
  'Another account has confirmed this number. Please sign in with the number.',

  // The first factor
  'This phone number is not valid. Please enter it with its country code, such as +1 212 555 0123.',
  'Password must not contain invisible control characters',
  'Password must not be longer than {count} characters. Accents, other scripts and emoji count as several',
  'This is too long. Please use at most {count} characters.',
  'The e-mail could not be sent. Please try again in a moment.',
  'Please open the link that we have sent to this address to finish signing up.',
  'Please sign in with this address in this browser, then open the link again. If you did not sign up, ignore the mail.',
  'This browser is signed in to another account, or the address has changed. Please sign in with the address that the mail was sent to, then open the link again.',
  'The password or the login of this account was changed while you were signing in. Please sign in again.',
  'All sessions of this account ended while you were signing in. Please sign in again.',
  'You have just signed in. Please reload this page.',
  'This browser is not known any more. Please pass the second factor.',
  'The sign-in provider did not accept this sign-in. Please try again.',
  'The sign-in provider is not responding. Please try again later.',

  // Features that are off
  'Passwords cannot be reset here. Please contact support.',
  'Passwords cannot be reset here. Please contact {contact}.',
  'Addresses are not verified here, so no mail is sent. Please contact support.',
  'Addresses are not verified here, so no mail is sent. Please contact {contact}.',
  'Signing in with another account is not possible here. Please sign in with your password.',
  'Codes are not sent here. Please choose another second factor.',
  'This second factor is not available here. Please choose another one.',
  'This is switched off here.',

  // Anything
  '{field} is too long. Please use at most {count} characters.',
  'Not found',
  'Something went wrong on our side. Please try again later.',
  'A service we depend on did not respond as expected. Please try again later.',
  'The service is not available at the moment. Please try again later.',
  'The authentication service is not available at the moment. Please try again later.',
  'The service is very busy. Please try again in a moment.',
  'This is not available at the moment. Please try again soon.'
] as const

/** Texts of answers that supertokens-node writes. */
export const SDK_ANSWERS = [
  'This email already exists. Please sign in instead.',
  'Email is invalid',
  'Phone number is invalid',
  'Field is not optional',
  'Password must contain at least 8 characters, including a number',
  "Password's length must be lesser than 100 characters",
  'Password must contain at least one alphabet',
  'Password must contain at least one number',
  'Failed to generate a one time code. Please try again',
  'Cannot sign in / up due to security reasons. Please contact support. (ERR_CODE_{number})',
  'Cannot sign in / up due to security reasons. Please try a different login method or contact support. (ERR_CODE_{number})',
  'Cannot sign in due to security reasons. Please try resetting your password, use a different login method or contact support. (ERR_CODE_{number})',
  'Cannot sign up due to security reasons. Please try logging in, use a different login method or contact support. (ERR_CODE_{number})',
  'Cannot sign in / up because new email cannot be applied to existing account. Please contact support. (ERR_CODE_{number})',
  'Reset password link was not created because of account take over risk. Please contact support. (ERR_CODE_{number})'
] as const

/** Text messages and mails. */
export const DELIVERED = [
  '{appName}: {code} is your code. It works for {minutes} min. Never share it.',
  'Your second step at {appName}',
  'Your code for {appName} is {code}. It works for {minutes} min. Enter it only where you have just signed in, and never tell it to anyone.\n\nIf you did not sign in, somebody knows your password: choose a new one.',
  'Finish signing in to {appName} with this link: {link}\n\nIt works for {minutes} min, in the browser where you have just signed in.\n\nIf you did not sign in, somebody knows your password: choose a new one.',
  'Your code for {appName} is {code}. Enter it only where you have just signed in, and never tell it to anyone. In the same browser, this link does the same: {link}\n\nBoth work for {minutes} min.\n\nIf you did not sign in, somebody knows your password: choose a new one.',
  'Choose a new password for {appName}',
  '{appName}: choose a new password here: {link} The link works for one hour. If you did not ask for it, ignore this message; your password stays the same.',
  'Confirm your address for {appName}',
  'Please confirm your e-mail address for {appName} with this link: {link}\n\nOpen it in the browser where you are signed in. If you did not sign up, you can ignore this message.',
  'Finish signing up for {appName}',
  'Choose your password for {appName} here: {link} The link works for one hour. If you did not sign up, ignore this message.',
  'You already have an account at {appName}',
  'Someone tried to sign up for {appName} with your address. If it was you: you have an account already. Sign in, or choose a new password here: {link} The link works for one hour. If it was not you, ignore this message; nothing has changed.',
  'Wrong codes for your {appName} account',
  'Somebody who knows your password has entered many wrong codes for your {appName} account. If it was not you, open {appName} and choose a new password.',
  'A second factor was added to your {appName} account',
  'Somebody has added a second factor to your {appName} account. If it was not you, open {appName}, choose a new password and remove it.',
  'A second factor was removed from your {appName} account',
  'Somebody has removed a second factor from your {appName} account. If it was not you, open {appName}, choose a new password and add it again.',
  'A recovery code of your {appName} account was used',
  'Somebody has signed in to your {appName} account with a recovery code. If it was not you, open {appName}, choose a new password and make new recovery codes.'
] as const

export type AnswerText = typeof ANSWERS[number] | typeof SDK_ANSWERS[number]
export type DeliveredText = typeof DELIVERED[number]
export type Sentence = AnswerText | DeliveredText

/** The translation of every sentence. */
export type Catalogue = Readonly<Record<Sentence, string>>

export const SENTENCES: readonly Sentence[] = [...ANSWERS, ...SDK_ANSWERS, ...DELIVERED]
