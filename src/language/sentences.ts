import { PAGES, type PageText } from './page-sentences.js'

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
  'Too many requests.',
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
  'Codes go there already. Please choose another number or address.',
  'What would be left is weaker than this second factor. Please add another one first, then remove it.',
  'This second factor is not set up for your account. Please choose another one, or set it up.',
  'This passkey could not be set up. Please try again, perhaps on another device.',
  'This account has as many passkeys as it can have. Please remove one first.',
  'Please enter one of your recovery codes. Each has 15 letters and digits.',
  'You cannot add more of these. Please remove one first.',
  'There is a device of this name already.',
  'A code alone does not sign you in. Please sign in first, then enter the code.',
  'Another account has confirmed this number. Please sign in with the number.',

  // The recovery of accounts
  'A recovery of this account was stopped.',
  'Please choose a new password before you sign in: ask for a link where you sign in, or contact support.',
  'Please choose a password that you have not used here before.',
  'There is nothing to recover: you have passed your second factor, or have set up none yet.',
  'This account cannot be recovered by mail. Please contact support.',
  'The waiting time of this recovery is not over yet. Please come back then.',
  'No recovery of this account is under way.',
  'The waiting time is over. Please sign in again, then finish the recovery.',
  'This is not available at the moment. Please contact support.',
  'Somebody has started to recover your account. If it is not you, stop it here. Every device is signed out then, and you choose a new password before you sign in again.',
  'Somebody has started to recover your account. If it is not you, stop it here. Every device is signed out then.',
  'Stop the recovery',
  'The recovery is stopped. Your second factor stays as it is.',
  'This recovery is over already. If you did not finish it yourself, contact support at once.',

  // Links that contest a change
  'This was changed too often in the last days. Please wait some days, then try again.',
  'This link does not work. It may be too old or incomplete, or an earlier link has undone more than it would. Please copy the whole link from the newest message.',
  'This has been done already. Nothing more is needed.',
  'If it was you, close this page. Nothing changes then.',
  'If there was an earlier change that was not yours either, use the link of that message instead: it undoes everything since.',
  'A second factor of your account was changed: where codes go, or what was added or removed. If it was not you, undo it here. Everything is then as it was before, and everybody is signed out.',
  'Undo the change',
  'The change is undone, and everybody is signed out. Please sign in and choose a new password.',
  'The old number has another account by now, so it could not be given back. Nobody can sign in to this account any more. Please contact support.',

  // The first factor
  'This phone number is not valid. Please enter it with its country code, such as +1 212 555 0123.',
  'Password must not contain invisible control characters',
  'Please choose a password of at least {count} characters.',
  'This password is easy to guess, since it is made of your address, your number or the name of this service. Please choose another one.',
  'Many people have this password, so it is guessed first. Please choose another one.',
  'This password has leaked from another service, so it is guessed first. Please choose another one.',
  'This is the password that you have now. Please choose another one.',
  'This is not your password. Please try again.',
  'This account has no password. It signs in another way.',
  'Another account has this address. Please sign in with it, or choose another address.',
  'For this, please pass your second factor once more, the strongest that you have.',
  'Please enter your password.',
  'This is the address that you have now. Please choose another one.',
  'Please sign in to your account in this browser, with your second factor, then open the link again.',
  'The e-mail address of your account was changed. If it was not you, get your old address back here. All sessions of the account will end.',
  'Get my old address back',
  'Your account has its old address again, and all its sessions have ended. Please choose a new password now.',
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
  'Accounts cannot be recovered here. Please contact support.',
  'Accounts cannot be recovered here. Please contact {contact}.',
  'Addresses are not verified here, so no mail is sent. Please contact support.',
  'Addresses are not verified here, so no mail is sent. Please contact {contact}.',
  'Signing in with another account is not possible here. Please sign in with your password.',
  'Codes are not sent here. Please choose another second factor.',
  'This second factor is not available here. Please choose another one.',
  'This is switched off here.',

  // Anything
  '{field} is too long. Please use at most {count} characters.',
  'This form did not come from this page. Please go back, and try again.',
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
  // Said by a call, digit by digit.
  'Your code is: {digits}.',
  'Once more: {digits}.',
  'Your second factor at {appName}',
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
  'The second factor of your {appName} account is locked',
  'The second factor of your {appName} account is locked, since somebody who knows your password has entered too many wrong codes. Support can unlock it. If it was not you, choose a new password.',
  'A second factor was added to your {appName} account',
  'Somebody has added a second factor to your {appName} account. If it was not you, open {appName}, choose a new password and remove it.',
  'A second factor was removed from your {appName} account',
  'Somebody has removed a second factor from your {appName} account. If it was not you, open {appName}, choose a new password and add it again.',
  'The password of your {appName} account was changed',
  'Somebody has changed the password of your {appName} account. If it was not you, open {appName} and choose a new password.',
  'Confirm your new address for {appName}',
  'Please confirm with this link that your {appName} account is to have this address: {link}\n\nOpen it in the browser where you are signed in. It works for one hour. If you did not ask for it, ignore this message; nothing has changed.',
  'Somebody wants to use your address for another {appName} account. It stays with yours, and nothing has changed. If it was you, sign in with this address instead.',
  'The address of your {appName} account was changed',
  'Your {appName} account has another address now. If it was not you, get this one back with this link: {link}\n\nIt works for {hours} hours. All sessions of the account end then, and you choose a new password.',
  'The phone number of your {appName} account was changed',
  'Somebody has changed the phone number that codes for your {appName} account go to. If it was not you, undo the change, then choose a new password.',
  'The address for codes of your {appName} account was changed',
  'Somebody has changed the address that codes for your {appName} account go to. If it was not you, undo the change, then choose a new password.',
  'A recovery code of your {appName} account was used',
  'Somebody has signed in to your {appName} account with a recovery code. If it was not you, open {appName}, choose a new password and make new recovery codes.',
  'Recover your {appName} account',
  'Your code to recover your {appName} account is {code}. It works for {minutes} min. Enter it only where you have just asked for it, and never tell it to anyone.\n\nIf you did not ask for it, somebody knows your password: choose a new one.',
  'Your {appName} account is being recovered',
  'Somebody who knows your password and reads your mail has started to recover your {appName} account, and can replace its second factor from {time} on. If it is not you, stop it here: {link} Then choose a new password.',
  'The recovery of your {appName} account was stopped',
  'The recovery of your {appName} account was stopped. Its second factor stays as it is. If you did not start the recovery yourself, choose a new password.',
  'The second factor of your {appName} account was replaced',
  'The second factor of your {appName} account was replaced after a recovery, and the former one works no more. If it was not you, contact support at once.',
  'Support has removed a second factor from your {appName} account. If you did not ask for it, contact support at once.',
  'Support has removed the second factor from your {appName} account. Choose a new password where you sign in, then set up a second factor again. If you did not ask for it, contact support at once.',
  'Support asks you to choose a new password for {appName}. The present one does not sign you in any more: ask for a link where you sign in.',
  'New recovery codes for your {appName} account',
  'Somebody has made new recovery codes for your {appName} account, and the old ones do not work any more. If it was not you, open {appName}, choose a new password and make new recovery codes.',
  'The password of your {appName} account was reset',
  'Somebody has chosen a new password for your {appName} account with a link that was sent to you. If it was not you, open {appName} and choose a new password at once.',
  'A change of your {appName} account was undone',
  'Somebody has used a link to undo a change of the second factors of your {appName} account, and everybody was signed out. If it was not you, sign in, choose a new password and look at your second factors.',
  'Your {appName} account was used in a new browser',
  'Somebody has signed in to your {appName} account, with your second factor, in a browser that it was not used in lately. If it was not you, open {appName}, look at your sessions, end those that are not yours, and choose a new password.',
  'It was on {time} UTC.',
  'It was on {time} UTC, from near {place}.',
  'The browser called itself {browser} on {system}.',
  'The browser called itself {browser}.',
  'It did not say which browser it was.',
  'This link undoes it and what was changed since, for {hours} hours: {link}',
  'To undo it, use the link of the first message about a change that was not yours.'
] as const

export type AnswerText = typeof ANSWERS[number] | typeof SDK_ANSWERS[number]
export type DeliveredText = typeof DELIVERED[number]
export type Sentence = AnswerText | DeliveredText | PageText

/** The translation of every sentence. */
export type Catalogue = Readonly<Record<Sentence, string>>

export const SENTENCES: readonly Sentence[] = [...ANSWERS, ...SDK_ANSWERS, ...DELIVERED, ...PAGES]
