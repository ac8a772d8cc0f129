import { SECURITY } from './security-sentences.js'

/** What the hosted pages say, in English: more keys of the catalogues. */
export const PAGES = [
  'Sign in',
  'Sign out',
  'Create an account',
  'I have an account',
  'Forgot your password?',
  'Continue',
  'Continue with {name}',
  'Sign in with a passkey',
  'E-mail address',
  'Phone number',
  'With the country code, such as +1 212 555 0123.',
  'Password',
  'At least {count} characters. Several words are easy to remember.',
  'The address or the password is wrong.',
  'The number or the password is wrong.',
  'Please correct what is marked below.',
  'Something went wrong. Please try again.',
  'This did not work',
  'Back to the start',

  // The second factor
  'Second step',
  'How do you want to confirm that it is you?',
  'Protect your account with a second step. Which one do you want to use?',
  'A code by text message',
  'A code by text message to {contact}',
  'A code by e-mail',
  'A code by e-mail to {contact}',
  'An authenticator app',
  'A passkey',
  'A recovery code',
  'Send the code',
  'Send a new code',
  'We have sent you a code. Enter it here.',
  'Code from the message',
  'Use another number or address',
  'This code is wrong. Please try again.',
  'This code is too old. Please ask for a new one.',
  'This code does not work any more. Please ask for a new one.',

  ...SECURITY
] as const

export type PageText = typeof PAGES[number]
