import type { Messages } from '../../../src/language/languages.js'

/** Some words of a language that is written from right to left. */
export const ARABIC: Messages[string] = {
  'Sign in': 'تسجيل الدخول',
  'Create an account': 'إنشاء حساب',
  'E-mail address': 'البريد الإلكتروني',
  Password: 'كلمة المرور',
  'Forgot your password?': 'هل نسيت كلمة المرور؟',
  'Second factor': 'الخطوة الثانية'
}
